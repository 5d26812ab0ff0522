// The camera of the bench: real JPEGs of one exact size, each with a stamp.

import { baseline, concat, picture, segment } from "../jpegs.ts";
import { checksum, STAMP_TABLE, writeStamp } from "./stamp.ts";

const DQT = 0xdb;
const DHT = 0xc4;
const UNUSED_TABLE = 3;

/** Gives out frames of one size. */
export class BenchCamera {
  readonly #frame: Uint8Array<ArrayBuffer>;
  readonly #crc: number;
  #number = 0;

  private constructor(frame: Uint8Array<ArrayBuffer>) {
    this.#frame = frame;
    this.#crc = checksum(frame);
  }

  /** @param size Bytes of every frame, at least 4,000. */
  static async make(size: number): Promise<BenchCamera> {
    return new BenchCamera(await paddedJpeg(size));
  }

  /** The next frame, stamped; the same bytes are written again for the one after it. */
  next(nowUs: number): Uint8Array<ArrayBuffer> {
    writeStamp(this.#frame, nowUs, ++this.#number, this.#crc);
    return this.#frame;
  }
}

/** A picture of noise with the empty stamp in front and unused tables that make it `size` bytes. */
async function paddedJpeg(size: number): Promise<Uint8Array<ArrayBuffer>> {
  const stamp = segment(DQT, new Uint8Array(65).fill(1).with(0, STAMP_TABLE));
  let image = await baseline(64, 48);
  const scale = Math.sqrt(size / (await baseline(640, 480)).length);
  for (let part = 0.98; part > 0.5; part -= 0.02) {
    const noise = await picture(Math.round(640 * scale * part), Math.round(480 * scale * part));
    image = new Uint8Array(await noise.jpeg({ quality: 60, optimiseCoding: false }).toBuffer());
    if (image.length + stamp.length + 25 <= size) break;
  }
  const padding = unusedTables(size - image.length - stamp.length);
  return concat(image.subarray(0, 2), stamp, padding, image.subarray(2));
}

/** Huffman tables that nothing refers to, `size` bytes of them (at least 22). */
function unusedTables(size: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let left = size; left > 0;) {
    const bytes = left > 276 ? Math.min(276, left - 22) : left;
    const table = new Uint8Array(bytes - 4);
    table[0] = UNUSED_TABLE;
    table[16] = bytes - 21; // so many codes of 16 bits
    parts.push(segment(DHT, table));
    left -= bytes;
  }
  return concat(...parts);
}
