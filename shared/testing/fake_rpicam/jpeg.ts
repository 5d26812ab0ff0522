// Pictures as a sensor gives them, without an encoder: grey, with grain, and told apart by a stamp in a
// table of numbers that no decoder uses and nobody strips. No dependency: the fake starts very often.

import { Buffer } from "node:buffer";
import { STANDARD_DHT } from "../../jpeg/huffman.ts";

export interface Stamp {
  /** Counted from 1 in each run of the program. */
  readonly frame: number;
  /** Unix ms. */
  readonly at: number;
}

export interface FakePicture extends Partial<Stamp> {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Grains in a block of 8 by 8 pixels, of 2, 4 ... 30: sets the size of the file. Default 4. */
  readonly grain?: number;
  /** Segments between SOI and the tables; JFIF where absent. */
  readonly head?: readonly Uint8Array[];
  readonly restarts?: boolean;
  readonly progressive?: boolean;
  /** Leave the Huffman tables out, as many USB cameras do. */
  readonly noHuffman?: boolean;
}

/** One marker segment: marker, length, body. */
export function segment(marker: number, body: Uint8Array | readonly number[]): Uint8Array {
  const length = body.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length]), Buffer.from(body)]);
}

const JFIF = segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
const STAMP = Buffer.from([0xff, 0xdb, 0, 67, 3]);

export function fakeJpeg(picture: FakePicture): Uint8Array<ArrayBuffer> {
  const { width, height, frame = 1, at = 0, grain = 4, head = [JFIF], restarts } = picture;
  const [across, down] = [Math.ceil(width / 16), Math.ceil(height / 16)];
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const random = grains(frame);
  // As bits, in annex K's codes: DC as before 00, a grain 00 and its sign, end of block 1010; in
  // colour 00 and 00. Whole bytes for 16 by 16 pixels, none of them FF: nothing has to be stuffed.
  const block = `00${"00s".repeat(grain)}1010`;
  const scans = picture.progressive
    ? [
      segment(0xda, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 0, 0]),
      new Uint8Array(Math.ceil(across * down * 12 / 8)),
      segment(0xda, [1, 1, 0, 1, 8, 0]),
      ...random("00s".repeat(8), Math.ceil(width / 8) * Math.ceil(height / 8)),
    ]
    : [
      segment(0xda, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]),
      ...Array.from({ length: down }, (_, row) => [
        ...(restarts && row > 0 ? [Uint8Array.of(0xff, 0xd0 + (row - 1) % 8)] : []),
        ...random(block.repeat(4) + "00000000", across),
      ]).flat(),
    ];
  return new Uint8Array(Buffer.concat([
    Uint8Array.of(0xff, 0xd8),
    ...head,
    segment(0xdb, [0, ...Array(64).fill(10)]),
    segment(0xdb, [3, ...Buffer.from(`${at} ${frame}`.padEnd(64))]),
    segment(picture.progressive ? 0xc2 : 0xc0, [8, ...size, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]),
    ...(picture.noHuffman ? [] : [STANDARD_DHT]),
    ...(restarts ? [segment(0xdd, [0, across])] : []),
    ...scans,
    Uint8Array.of(0xff, 0xd9),
  ]));
}

/** Bytes for bits of which `s` is by chance, `count` times. */
function grains(seed: number): (bits: string, count: number) => Uint8Array[] {
  let random = Math.imul(seed, 2654435761) | 1;
  return (bits, count) => {
    const bytesOf = (text: string) => text.match(/.{8}/g)!.map((byte) => parseInt(byte, 2));
    const fixed = bytesOf(bits.replaceAll("s", "0"));
    const mask = bytesOf(bits.replaceAll("1", "0").replaceAll("s", "1"));
    const bytes = new Uint8Array(count * fixed.length);
    for (let i = 0; i < bytes.length; i++) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      const at = i % fixed.length;
      bytes[i] = fixed[at] | (random & mask[at]);
    }
    return [bytes];
  };
}

/** The stamp of a whole picture of the fake, however its metadata was stripped; zeros without one. */
export function readStamp(jpeg: Uint8Array): Stamp {
  const file = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length);
  // A smaller picture inside comes before.
  const at = file.lastIndexOf(STAMP);
  const [time, frame] = file.toString("latin1", at + 5, at + 69).split(" ").map(Number);
  return at < 0 ? { frame: 0, at: 0 } : { frame, at: time };
}
