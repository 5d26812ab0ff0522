// What a camera's state is, what is asked of it, and what the log says of it: decisions without side
// effects.

import type { Log } from "../../../shared/log.ts";
import type { CameraState, CameraStatus, Demand } from "../../../shared/wire.ts";

/** What the decision is made from. */
export interface StateInput {
  /** Ms since the edge had the newest frame; undefined where there never was one. */
  readonly ageMs: number | undefined;
  /** Ms between frames asked of the camera now. */
  readonly intervalMs: number;
  /** Whether anybody watches. */
  readonly watched: boolean;
  /** `PERCH_STALE_S` in ms. */
  readonly staleMs: number;
  /** Ms by which the newest frame known here may be behind the camera's, which go elsewhere. */
  readonly lagMs: number;
}

/** After this many times the stale age a camera is called offline. */
const OFFLINE_FACTOR = 10;

/** The age in ms from which a camera is stale. */
export function staleAfter(staleMs: number, intervalMs: number): number {
  return Math.max(staleMs, 3 * intervalMs);
}

/** The state of a camera. */
export function cameraState(input: StateInput): CameraState {
  if (input.ageMs === undefined) return "offline";
  const limit = staleAfter(input.staleMs, input.intervalMs) + input.lagMs;
  if (input.ageMs >= OFFLINE_FACTOR * limit) return "offline";
  if (input.ageMs >= limit) return "stale";
  return input.watched ? "live" : "idle";
}

/** Whether nothing changed that is worth a message: the frames' own numbers change with each one. */
export function sameForPeople(
  a: Pick<CameraStatus, "state" | "viewers" | "intervalMs" | "lastError">,
  b: CameraStatus | undefined,
): boolean {
  return a.state === b?.state && a.viewers === b.viewers && a.intervalMs === b.intervalMs &&
    a.lastError === b.lastError;
}

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

/** What is remembered of a camera between two lines. */
export interface LoggedState {
  readonly lost: "stale" | "offline" | undefined;
  readonly error: string | undefined;
}

/** Before anything was said. */
export const UNLOGGED: LoggedState = { lost: undefined, error: undefined };

/**
 * Says what is new.
 *
 * @returns What to pass in the next time.
 */
export function logState(log: Log, status: CameraStatus, before: LoggedState): LoggedState {
  const { cam, state, ageMs, lastError: error } = status;
  const neverSeen = ageMs === undefined;
  const lost = !neverSeen && (state === "stale" || state === "offline") ? state : undefined;
  if (lost !== before.lost) {
    if (lost) log.warn("no signal", { cam, state: lost, seconds: Math.round((ageMs ?? 0) / 1000) });
    else log.info("the signal is back", { cam });
  }
  if (error !== before.error) {
    if (error) log.warn("the camera is in trouble", { cam, error });
    else log.info("the camera is well again", { cam });
  }
  return { lost, error };
}
