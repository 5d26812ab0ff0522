// How long to wait before a camera is started again. Pure.

import type { SourceErrorKind } from "./source/source.ts";

/** Ms of frames after which earlier failures are forgotten. */
export const HEALTHY_MS = 60_000;

/** Longest wait, and the wait after an error in the settings, in ms. */
export const MAX_DELAY_MS = 60_000;

const FIRST_DELAY_MS = 1000;
const JITTER = 0.2;

/**
 * Ms to wait before the next start: 1, 2, 4 ... 60 s, a fifth more or less, so that many cameras
 * behind one failed switch do not come back in step.
 *
 * @param failures How often in a row it failed, this time included; from 1.
 * @param random From 0 to 1.
 */
export function restartDelay(kind: SourceErrorKind, failures: number, random: number): number {
  const delay = kind === "hardware"
    ? Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16), MAX_DELAY_MS)
    : MAX_DELAY_MS;
  return Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
