// What to think of a frame that another instance stored.

import type { FrameMeta } from "../../../shared/frame.ts";

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
