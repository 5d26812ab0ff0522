// A JPEG encoder for pictures made of flat 8 by 8 blocks: DC values plus a little noise, as a sensor
// has. No dependency and about a millisecond for 1280x720, because the fake is started very often.

import { BitWriter, DC_CHROMA, DC_LUMA, huffmanSegments } from "./huffman.ts";

/** A picture of flat blocks, in MCUs of 16 by 16 pixels. Values are 0 to 255. */
export interface BlockPicture {
  /** Pixels, both even. */
  readonly width: number;
  readonly height: number;
  /** One value per 8 by 8 pixels, `2 * ceil(width / 16)` a row. */
  readonly luma: Uint8Array;
  /** One value per 16 by 16 pixels, `ceil(width / 16)` a row. */
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
}

/** How a picture is written. */
export interface EncodeOptions {
  /** Groups of five small AC coefficients in each luma block; sets the size of the file. */
  readonly noise: number;
  /** Changes the noise. */
  readonly seed: number;
  /** Segments between SOI and the tables; JFIF where absent. */
  readonly head?: readonly Uint8Array[];
  readonly restarts?: boolean;
  readonly progressive?: boolean;
  /** Leave the Huffman tables out, as many USB cameras do. */
  readonly noHuffman?: boolean;
}

/** MCUs across or down. */
export function mcus(pixels: number): number {
  return Math.ceil(pixels / 16);
}

/** One marker segment: marker, length, body. */
export function segment(marker: number, body: Uint8Array | readonly number[]): Uint8Array {
  const length = body.length + 2;
  return Uint8Array.from([0xff, marker, length >> 8, length & 0xff, ...body]);
}

const JFIF = segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);

/** DC is kept exactly (8 blocks of 1), AC is quantized so that ±1 is a faint grain. */
const QUANT = [8, ...Array<number>(63).fill(10)];

/** The picture as a whole JPEG file. */
export function encodeJpeg(picture: BlockPicture, options: EncodeOptions): Uint8Array {
  const { width, height } = picture;
  const start = options.progressive ? 0xc2 : 0xc0;
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const parts: Uint8Array[] = [
    Uint8Array.of(0xff, 0xd8),
    ...(options.head ?? [JFIF]),
    segment(0xdb, [0, ...QUANT]),
    segment(0xdb, [1, ...QUANT]),
    segment(start, [8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]),
    ...(options.noHuffman ? [] : huffmanSegments()),
    ...(options.restarts ? [segment(0xdd, [0, mcus(width)])] : []),
    ...(options.progressive
      ? progressiveScans(picture, options)
      : [baselineScan(picture, options)]),
    Uint8Array.of(0xff, 0xd9),
  ];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function baselineScan(picture: BlockPicture, options: EncodeOptions): Uint8Array {
  const bits = new BitWriter([0xff, 0xda, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
  const across = mcus(picture.width);
  const down = mcus(picture.height);
  let noise = options.seed | 1;
  const last = { y: 0, cb: 0, cr: 0 };
  for (let row = 0; row < down; row++) {
    if (options.restarts && row > 0) {
      bits.restart((row - 1) & 7);
      last.y = last.cb = last.cr = 0;
    }
    for (let column = 0; column < across; column++) {
      for (let block = 0; block < 4; block++) {
        const at = (row * 2 + (block >> 1)) * across * 2 + column * 2 + (block & 1);
        const value = picture.luma[at] - 128;
        bits.difference(DC_LUMA, value - last.y);
        last.y = value;
        for (let group = 0; group < options.noise; group++) {
          noise ^= noise << 13;
          noise ^= noise >>> 17;
          noise ^= noise << 5;
          bits.grain(noise & 31);
        }
        bits.put(0b1010, 4);
      }
      const cb = picture.cb[row * across + column] - 128;
      const cr = picture.cr[row * across + column] - 128;
      bits.difference(DC_CHROMA, cb - last.cb);
      bits.put(0b00, 2);
      bits.difference(DC_CHROMA, cr - last.cr);
      bits.put(0b00, 2);
      last.cb = cb;
      last.cr = cr;
    }
  }
  return bits.finish();
}

/** DC but for its last bit, that bit, then five coefficients of grain: three scans. */
function progressiveScans(picture: BlockPicture, options: EncodeOptions): Uint8Array[] {
  const across = mcus(picture.width);
  const first = new BitWriter([0xff, 0xda, 0, 12, 3, 1, 0x00, 2, 0x10, 3, 0x10, 0, 0, 0x01]);
  const second = new BitWriter([0xff, 0xda, 0, 12, 3, 1, 0x00, 2, 0x10, 3, 0x10, 0, 0, 0x10]);
  const last = { y: 0, cb: 0, cr: 0 };
  for (let mcu = 0; mcu < across * mcus(picture.height); mcu++) {
    const row = Math.floor(mcu / across) * 2;
    const column = (mcu % across) * 2;
    for (let block = 0; block < 4; block++) {
      const at = (row + (block >> 1)) * across * 2 + column + (block & 1);
      const value = picture.luma[at] - 128;
      first.difference(DC_LUMA, (value >> 1) - last.y);
      last.y = value >> 1;
      second.put(value & 1, 1);
    }
    for (const name of ["cb", "cr"] as const) {
      const value = picture[name][mcu] - 128;
      first.difference(DC_CHROMA, (value >> 1) - last[name]);
      last[name] = value >> 1;
      second.put(value & 1, 1);
    }
  }
  const third = new BitWriter([0xff, 0xda, 0, 8, 1, 1, 0x00, 1, 5, 0]);
  let noise = options.seed | 1;
  const blocks = Math.ceil(picture.width / 8) * Math.ceil(picture.height / 8);
  for (let block = 0; block < blocks; block++) {
    noise = Math.imul(noise, 1103515245) + 12345;
    third.grain((noise >>> 16) & 31);
  }
  return [first.finish(), second.finish(), third.finish()];
}
