// What is stored of the frames uploaded here: by demand, because stored frames cost and wear.

/** What the decision is made from. */
export interface PersistInput {
  /** Monotonic ms since the last keyframe of this camera; Infinity where there was none. */
  readonly sinceKeyframeMs: number;
  /** `PERCH_KEYFRAME_S` in ms. */
  readonly keyframeMs: number;
  /** Whether another instance has viewers of this camera. */
  readonly watchedElsewhere: boolean;
}

/** How the newest frame is stored: as a keyframe, as the newest only, or not at all. */
export type Persist = "keyframe" | "newest" | "nothing";

/** Decides about a frame that has just come. */
export function persistFrame(input: PersistInput): Persist {
  if (input.sinceKeyframeMs >= input.keyframeMs) return "keyframe";
  return input.watchedElsewhere ? "newest" : "nothing";
}
