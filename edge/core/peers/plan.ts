// What one instance does about the others, and what it thinks of their frames: decisions without side
// effects.

import type { FrameMeta } from "../../../shared/frame.ts";

/** What the decision is made from. */
export interface PeerInput {
  /** Viewers of this instance. */
  readonly viewersHere: number;
  /** Viewers of other instances, as far as known. */
  readonly viewersElsewhere: number;
  /** Whether the camera's frames come here. */
  readonly receiving: boolean;
  /** Whether the camera knows, or is told at once, what is asked of it here. */
  readonly reached: boolean;
  /** Whether the camera asks this instance what is wanted. */
  readonly inTouch: boolean;
  /** Whether some of the camera's frames seem to go to other instances. */
  readonly shared: boolean;
}

/** What is done. */
export interface PeerPlan {
  /** Tell others how many watch here. Costs a write now and then, so only where it is of use. */
  readonly tell: boolean;
  /** Take frames that others store. */
  readonly watchFrames: boolean;
  /** Listen for viewers of others. */
  readonly watchViewers: boolean;
}

/** Decides what to do about other instances. */
export function peerPlan(input: PeerInput): PeerPlan {
  const watched = input.viewersHere > 0;
  // While others have viewers, what the camera brings to them is stored, as what it brings here.
  const alone = input.receiving && !input.shared && input.viewersElsewhere === 0;
  return {
    tell: watched && !(alone && input.reached),
    watchFrames: watched && !alone,
    watchViewers: input.inTouch,
  };
}

/** A frame that is younger than this came as it was taken, ms. */
const YOUNG_MS = 5000;

/** Beyond this it is the camera's clock that was set back, ms: the version decides. */
const MAX_SKEW_MS = 5000;

/** Whether a frame was uploaded just now. */
export function isOfNow({ receivedAt }: Pick<FrameMeta, "receivedAt">, now: number): boolean {
  return now - receivedAt < YOUNG_MS;
}

/**
 * Whether a frame with a higher version is the older picture all the same: a camera behind a load
 * balancer uploads to several instances, and by their clocks go the versions.
 */
export function isOvertaken(
  frame: Pick<FrameMeta, "capturedAt">,
  shown: Pick<FrameMeta, "capturedAt"> | undefined,
): boolean {
  const olderMs = (shown?.capturedAt ?? 0) - frame.capturedAt;
  return olderMs > 0 && olderMs < MAX_SKEW_MS;
}
