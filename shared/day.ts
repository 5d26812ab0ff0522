// A time of the past as one picture: a row of tiny ones, each of the same share of that time. Shares begin
// at whole multiples of themselves, so that everybody asks for the same rows.

const MINUTE = 60_000;

/** Pixels across of each picture. */
export const TILE_WIDTH = 80;

/** How long one stands for, ms: few lengths, rising. */
export const TILE_MS: readonly number[] = [MINUTE, 5 * MINUTE, 15 * MINUTE];

/** Most pictures of a row: the longest day has 25 hours, and may begin at any minute. */
export const MAX_TILES = 101;

/** What is older than this is all there that will ever be: a row of it never changes. */
export const SETTLED_MS = 10_000;

/** What a row is of, Unix ms: `from` belongs to it, `to` does not. */
export interface Row {
  readonly from: number;
  readonly to: number;
  /** How long each of its pictures stands for. */
  readonly every: number;
}

/**
 * The row that shows what there was from `start` until `end`, as far as that is settled; undefined where
 * nothing is, or for more than a day.
 */
export function rowOf(start: number, end: number, now: number): Row | undefined {
  const every = TILE_MS.find((ms) => end - start <= (MAX_TILES - 1) * ms);
  if (every === undefined) return undefined;
  const to = Math.floor(Math.min(end + every - 1, now - SETTLED_MS) / every) * every;
  const from = Math.floor(start / every) * every;
  return to > from ? { from, to, every } : undefined;
}
