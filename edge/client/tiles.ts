// How large the tiles of the wall are: as large as all of them fit on the screen together.

/** Pixels between two of them. */
export const GAP = 12;

/** Narrower than this nothing is seen any more, CSS pixels: then the wall scrolls. */
const LEAST = 160;

/** Where columns make tiles narrower by no more than this, they are better than empty sides. */
const HARDLY = 0.95;

/** Columns, and the width of each in CSS pixels. */
export interface Tiles {
  readonly columns: number;
  readonly width: number;
}

/**
 * Lays out `count` tiles of 16:9, each over a line of words.
 *
 * @param room What there is for all of them, CSS pixels.
 * @param words Height of a line of words, CSS pixels.
 */
export function layTiles(
  count: number,
  room: { readonly width: number; readonly height: number },
  words: number,
): Tiles {
  const across = (columns: number) => (room.width - (columns - 1) * GAP) / columns;
  let best = { columns: 1, width: 0 };
  for (let rows = count; rows >= 1; rows--) {
    const columns = Math.ceil(count / rows);
    const high = (room.height - (rows - 1) * GAP) / rows - words;
    const width = Math.min(across(columns), high * 16 / 9);
    if (width > best.width * HARDLY) best = { columns, width };
  }
  if (best.width < Math.min(LEAST, room.width)) {
    const columns = Math.max(1, Math.floor((room.width + GAP) / (LEAST + GAP)));
    best = { columns, width: across(columns) };
  }
  return { ...best, width: Math.floor(best.width) };
}
