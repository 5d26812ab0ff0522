// What a camera's state is, what is asked of it, which frame is the older one, and what the log says:
// decisions without side effects.

import type { FrameMeta } from "../../../shared/frame.ts";
import type { Log } from "../../../shared/log.ts";
import type { CameraState, CameraStatus, Demand } from "../../../shared/wire.ts";

/** What the decision is made from. */
export interface StateInput {
  /** Ms since the newest picture was taken; undefined where there never was one. */
  readonly ageMs: number | undefined;
  /** Ms between frames asked of the camera now. */
  readonly intervalMs: number;
  /** Whether anybody watches. */
  readonly watched: boolean;
  /** `PERCH_STALE_S` in ms. */
  readonly staleMs: number;
  /** Ms by which the newest frame known here may be behind the camera's, which go elsewhere. */
  readonly lagMs: number;
  /** Ms for which a camera is not late that was asked for few pictures and has not heard of more. */
  readonly patienceMs: number;
}

/** After this many times the stale age a camera is called offline. */
const OFFLINE_FACTOR = 10;

/** The age from which on a picture is not believed to be now, ms. */
export function staleFrom(input: Pick<StateInput, "staleMs" | "intervalMs" | "lagMs">): number {
  return Math.max(input.staleMs, 3 * input.intervalMs) + input.lagMs;
}

/** The state of a camera. One that is still to wake is idle, however old its picture. */
export function cameraState(input: StateInput): CameraState {
  const { ageMs, watched } = input;
  if (ageMs === undefined) return "offline";
  const late = lateFrom(input);
  if (ageMs >= OFFLINE_FACTOR * late) return "offline";
  if (ageMs >= late) return "stale";
  return watched && ageMs < staleFrom(input) ? "live" : "idle";
}

/** Ms until the state changes if nothing comes; Infinity where it does not. */
export function stateChangesIn(input: StateInput): number {
  const { ageMs, watched } = input;
  if (ageMs === undefined) return Infinity;
  const late = lateFrom(input);
  const changes = [watched ? staleFrom(input) : late, late, OFFLINE_FACTOR * late];
  return (changes.find((at) => ageMs < at) ?? Infinity) - ageMs;
}

/** The age from which on the camera is late, ms. */
function lateFrom(input: StateInput): number {
  return Math.max(staleFrom(input), input.patienceMs);
}

/** Whether nothing changed that is worth a message: the frames' own numbers change with each one. */
export function sameForPeople(a: CameraStatus, b: CameraStatus | undefined): boolean {
  return a.state === b?.state && a.viewers === b.viewers && a.intervalMs === b.intervalMs &&
    a.lastError === b.lastError;
}

/** What to ask of a camera that so many watch: at most `PERCH_FPS`, and little for nobody. */
export function wantedDemand(viewers: number, fps: number, idleIntervalMs: number): Demand {
  const active = Math.round(1000 / fps);
  return { viewers, interval: viewers > 0 ? active : Math.max(active, idleIntervalMs) };
}

/**
 * Whether a frame with a higher version is the older picture all the same: a camera behind a load
 * balancer uploads to several instances, and by their clocks go the versions.
 */
export function isOvertaken(
  { seq }: Pick<FrameMeta, "seq">,
  newest: Pick<FrameMeta, "seq"> | undefined,
): boolean {
  return seq !== undefined && seq.session === newest?.seq?.session && seq.n < newest.seq.n;
}

/** What the log said last of a camera; empty before anything was said. */
export interface LoggedState {
  readonly lost?: "stale" | "offline";
  readonly error?: string;
}

/** Says what is new, and returns what to pass in the next time. */
export function logState(log: Log, status: CameraStatus, before: LoggedState): LoggedState {
  const { cam, state, ageMs, lastError: error } = status;
  const seen = ageMs !== undefined;
  const lost = seen && (state === "stale" || state === "offline") ? state : undefined;
  if (lost !== before.lost) {
    if (lost) log.warn("no signal", { cam, state: lost, seconds: Math.round(ageMs! / 1000) });
    else log.info("the signal is back", { cam });
  }
  if (error !== before.error) {
    if (error) log.warn("the camera is in trouble", { cam, error });
    else log.info("the camera is well again", { cam });
  }
  return { lost, error };
}
