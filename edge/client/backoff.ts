// How long to wait before the next attempt: a pure rule, so that a thousand pages do not come back
// in the same moment after the edge restarts.

/** Longest wait, ms. */
export const BACKOFF_MAX_MS = 15_000;

/**
 * Ms to wait before attempt number `attempt` (0 = the first after a failure).
 *
 * @param random From 0 to 1.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, 500 * 2 ** attempt);
  return Math.round(ceiling * (0.5 + random / 2));
}
