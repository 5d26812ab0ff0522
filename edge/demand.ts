// Who is watching decides how often the camera uploads.

import type { Demand } from "../shared/wire.ts";

/** What the decision is made from. */
export interface DemandInput {
  /** Viewers of this instance. */
  readonly viewersHere: number;
  /** Viewers of the other instances. */
  readonly viewersElsewhere: number;
  /** Most frames a second (`PERCH_FPS`). */
  readonly fps: number;
  /** Ms between frames while nobody watches. */
  readonly idleIntervalMs: number;
}

/** What to ask of the camera. */
export function wantedDemand(input: DemandInput): Demand {
  const viewers = input.viewersHere + input.viewersElsewhere;
  const active = Math.round(1000 / input.fps);
  return {
    viewers,
    interval: viewers > 0 ? active : Math.max(active, input.idleIntervalMs),
  };
}
