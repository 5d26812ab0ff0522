// How many drawn frames a viewer acknowledges at once. Where the line is far faster than it has to be,
// a message for each frame tells nothing new and costs both ends as much as the frame: every second
// one is enough, as it is for TCP (RFC 1122, 4.2.3.2). A line that turns slow is told so at once.

/** What a viewer is asked for, and what that rests on. */
export interface AckPace {
  /** Frames to an acknowledgement. */
  readonly every: 1 | 2;
  /** Acknowledgements of a fast line to wait for until it is asked for fewer, the last 16 in a row. */
  readonly wait: number;
}

/** Where every viewer starts. */
export const EACH_FRAME: AckPace = { every: 1, wait: 16 };

const EVERY_SECOND: AckPace = { every: 2, wait: 0 };
const AFTER_RETREAT: AckPace = { every: 1, wait: 64 };

/** Round trip of a line on which two frames under way are no older than one elsewhere, ms. */
const FAST_LINE_MS = 100;

/**
 * The pace after an acknowledgement.
 *
 * @param rttMs From sending the newest frame that it stands for to the acknowledgement.
 * @param limited Whether the viewer's line was too slow for the camera: a newer frame was waiting, or
 *   more than one is under way to make up for a long line.
 */
export function nextAckPace(pace: AckPace, rttMs: number, limited: boolean): AckPace {
  const fast = !limited && rttMs <= FAST_LINE_MS;
  if (pace.every > 1) return fast ? pace : AFTER_RETREAT;
  if (!fast) return pace.wait < EACH_FRAME.wait ? EACH_FRAME : pace;
  return pace.wait > 1 ? { every: 1, wait: pace.wait - 1 } : EVERY_SECOND;
}
