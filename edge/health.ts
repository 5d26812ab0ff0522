// What an uptime service is told.

import type { CameraStatus } from "../shared/wire.ts";
import { STALL_MS } from "./loop_lag.ts";
import type { StoreState } from "./store/store.ts";

/** Whether all is well, and one line that says what is not. */
export interface Health {
  readonly ok: boolean;
  /** `ok`, or for instance `stale: cam 42 s`. */
  readonly line: string;
}

/**
 * Judges the edge.
 *
 * @param stallMs The longest time of the last minute in which the process did nothing.
 * @param expected Cameras that are bound to a token and so expected even before their first frame.
 */
export function judgeHealth(
  cams: readonly CameraStatus[],
  expected: readonly string[],
  store: StoreState,
  stallMs: number,
): Health {
  const problems: string[] = [];
  if (stallMs >= STALL_MS) {
    problems.push(`stalled: ${(stallMs / 1000).toFixed(1)} s within a minute`);
  }
  if (!store.answering) problems.push(`store: ${store.problem ?? "no answer"}`);
  for (const { cam, state, ageMs } of cams) {
    if (state !== "stale" && state !== "offline") continue;
    if (ageMs !== undefined) problems.push(`${state}: ${cam} ${Math.floor(ageMs / 1000)} s`);
    else if (expected.includes(cam)) problems.push(`offline: ${cam} no frame yet`);
  }
  for (const cam of expected) {
    if (!cams.some((known) => known.cam === cam)) problems.push(`offline: ${cam} no frame yet`);
  }
  return { ok: problems.length === 0, line: problems.join("; ") || "ok" };
}
