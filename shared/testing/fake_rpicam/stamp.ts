// Reads the bar code of the fake camera's pictures: which frame is this, and when was it taken?

import type sharpModule from "sharp";
import { STAMP_BITS, STAMP_ROW, stampRow } from "./picture.ts";

/** What a picture says of itself. */
export interface Stamp {
  /** Counted from 1 in each run of the program. */
  readonly frame: number;
  /** Unix ms. */
  readonly at: number;
}

/** The stamp of a whole JPEG made by the fake. */
export async function readStamp(jpeg: Uint8Array): Promise<Stamp> {
  const sharp: typeof sharpModule = (await import("sharp")).default;
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const bit = (index: number) => {
    const x = (1 + index % STAMP_ROW) * 8 + 4;
    const y = stampRow(info.height, index) * 8 + 4;
    return data[y * info.width + x] > 128 ? 1 : 0;
  };
  const number = (from: number, count: number) => {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + bit(from + i);
    return value;
  };
  return { at: number(0, STAMP_BITS.at), frame: number(STAMP_BITS.at, STAMP_BITS.frame) };
}
