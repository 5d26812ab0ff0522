// Whether a picture may be believed to be now: one decision for every road.

import type { CameraState, CameraStatus } from "../shared/wire.ts";

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
export function sameForPeople(a: CameraStatus, b: CameraStatus | undefined): boolean {
  return a.state === b?.state && a.viewers === b.viewers && a.intervalMs === b.intervalMs &&
    a.lastError === b.lastError;
}
