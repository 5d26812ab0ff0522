// A camera's changes of state in the log: one line when the signal is lost, one when it is back, and
// what the camera itself says is wrong. Viewers coming and going are no change.

import type { Log } from "../shared/log.ts";
import type { CameraStatus } from "../shared/wire.ts";

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
