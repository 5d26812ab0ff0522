// How many unacknowledged frames a viewer may have under way. One is right for a slow line, where
// more only makes the picture older; a long line needs a few to reach the full rate. Which of the
// two it is shows when one more is tried: on a slow line the round trip grows with it.

/** What is known of a viewer's line. */
export interface WindowState {
  /** Frames that may be unacknowledged, 1 to `MAX_WINDOW`. */
  readonly size: number;
  /** Shortest round trip seen with the smallest window, ms. */
  readonly baseMs: number;
  /** Acknowledgements to wait for until one more is tried. */
  readonly holdOff: number;
}

export const MAX_WINDOW = 4;

/** Where every viewer starts. */
export const INITIAL_WINDOW: WindowState = { size: 1, baseMs: Infinity, holdOff: 8 };

const HOLD_OFF_AFTER_GROWTH = 8;
const HOLD_OFF_AFTER_RETREAT = 64;
const GROWTH_LIMIT = 1.4;

/** Above this it is the line that is slow: no trial, which would double a picture's age for a while. */
const LONGEST_LINE_MS = 1000;

/**
 * The window after an acknowledgement.
 *
 * @param rttMs From sending the frame to its acknowledgement.
 * @param limited Whether a newer frame was waiting for this acknowledgement.
 */
export function nextWindow(state: WindowState, rttMs: number, limited: boolean): WindowState {
  const { size, holdOff } = state;
  const baseMs = size === 1 ? Math.min(rttMs, state.baseMs * 1.02) : state.baseMs;
  if (size > 1 && rttMs > baseMs * GROWTH_LIMIT + 5) {
    return { size: size - 1, baseMs, holdOff: HOLD_OFF_AFTER_RETREAT };
  }
  if (!limited || rttMs > LONGEST_LINE_MS) return { size, baseMs, holdOff };
  if (holdOff > 0) return { size, baseMs, holdOff: holdOff - 1 };
  if (size >= MAX_WINDOW) return { size, baseMs, holdOff };
  return { size: size + 1, baseMs, holdOff: HOLD_OFF_AFTER_GROWTH };
}
