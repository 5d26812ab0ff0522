// What is stored of the frames uploaded here: by demand, because stored frames cost and wear.

/** What the decision is made from. */
export interface PersistInput {
  /** Ms since the last keyframe of this camera; Infinity where there was none. */
  readonly sinceKeyframeMs: number;
  /** `PERCH_KEYFRAME_S` in ms. */
  readonly keyframeMs: number;
  /** Ms until the next frame is expected: what is asked of the camera. */
  readonly intervalMs: number;
  /** Viewers of other instances. */
  readonly viewersElsewhere: number;
}

/** How the newest frame is stored: as a keyframe, as the newest only, or not at all. */
export type Persist = "keyframe" | "newest" | "nothing";

/** Decides about a frame that has just come. A keyframe may be early if the next would be later. */
export function persistFrame(input: PersistInput): Persist {
  const { sinceKeyframeMs, keyframeMs, intervalMs } = input;
  const earlyMs = Math.min(intervalMs, keyframeMs) / 2;
  if (sinceKeyframeMs >= keyframeMs - earlyMs) return "keyframe";
  return input.viewersElsewhere > 0 ? "newest" : "nothing";
}

/** The least silence that counts as one, ms. */
const SILENT_MS = 10_000;

/** Ms without a frame after which the newest is stored, for it may be the last for long. */
export function silentAfter(intervalMs: number): number {
  return Math.max(SILENT_MS, 3 * intervalMs);
}
