// JPEGs as cameras should not write them and do: each kind by hand, and many damaged by chance. The same
// ones in every run.

import { concat, ffmpegStream, loadSharp, segment, without, withSegment } from "./jpegs.ts";
import { edits, mutate } from "./mutations.ts";
import { fc } from "./properties.ts";
import { seededRandom } from "./seeded_random.ts";

/** JPEGs by what is odd about them. */
export type OddJpegs = Record<string, Uint8Array<ArrayBuffer>>;

const SIZE = { width: 200, height: 120 };

/** How many are damaged by chance. */
const DAMAGED = 250;

/** Every kind. Wants ffmpeg. */
export async function oddJpegs(): Promise<OddJpegs> {
  const good = await goodJpegs();
  const { plain, progressive, restarts } = good;
  return {
    ...good,
    ...tails(plain),
    ...looseBytes(plain),
    ...wrongTables(good),
    ...wrongHeaders(plain),
    ...wrongScans(plain, progressive),
    ...wrongData(plain, restarts),
    ...damaged(Object.values(good)),
  };
}

/** What the odd ones are made from. */
async function goodJpegs() {
  const random = seededRandom(1);
  const { width, height } = SIZE;
  const noise = Uint8Array.from({ length: width * height * 3 }, () => 64 + random() * 128);
  const sharp = await loadSharp();
  const image = sharp(noise, { raw: { ...SIZE, channels: 3 } });
  const encoded = await Promise.all([
    image.clone().jpeg({ quality: 40, optimiseCoding: false }).toBuffer(),
    image.clone().jpeg({ quality: 40, progressive: true }).toBuffer(),
    image.clone().greyscale().jpeg({ quality: 40 }).toBuffer(),
    image.clone().toColourspace("cmyk").jpeg({ quality: 40 }).toBuffer(),
  ]);
  const [plain, progressive, grey, cmyk] = encoded.map((jpeg) => new Uint8Array(jpeg));
  const restarts = await ffmpegStream(1, ["-slices", "4"], SIZE);
  return { plain, progressive, grey, cmyk, restarts, bare: without(plain, 0xc4) };
}

/** What stands behind EOI. */
function tails(jpeg: Uint8Array): OddJpegs {
  const tails: Record<string, Uint8Array> = {
    "a zero": new Uint8Array(1),
    "512 zeros": new Uint8Array(512),
    "64 KB of zeros": new Uint8Array(65_536),
    "8 x FF": new Uint8Array(8).fill(0xff),
    "CR LF": Uint8Array.of(13, 10),
    "an older picture's bytes": jpeg.subarray(-1600),
    "an older picture's head": jpeg.subarray(0, 700),
    "a second picture": jpeg,
    "text": new TextEncoder().encode("51.5 N 0.1 W"),
  };
  return named(tails, "behind EOI", (tail) => concat(jpeg, tail));
}

/** What belongs to no segment, before each of them. */
function looseBytes(jpeg: Uint8Array): OddJpegs {
  const odd: OddJpegs = {};
  for (const marker of ["DQT", "SOF0", "DHT", "SOS", "EOI"] as const) {
    for (const loose of [[0], Array(16).fill(0), [1, 2, 3], [0xff, 0], [0xff, 0xff], [0xff, 1]]) {
      odd[`${loose.length} x ${loose[0]} before ${marker}`] = put(jpeg, find(jpeg, marker), loose);
    }
    for (const code of [0x02, 0xbf, 0xc8, 0xde, 0xdf, 0xf0, 0xfd, 0xd3]) {
      const found = put(jpeg, find(jpeg, marker), [0xff, code, 0, 4, 1, 2]);
      odd[`marker ${code.toString(16)} before ${marker}`] = found;
    }
  }
  return odd;
}

/** Tables that are not there, or that nothing can be decoded with. */
function wrongTables(good: Awaited<ReturnType<typeof goodJpegs>>): OddJpegs {
  const { plain, progressive, grey, restarts } = good;
  const dqt = find(plain, "DQT");
  const dht = find(plain, "DHT");
  const odd: OddJpegs = {
    "no DQT": without(plain, 0xdb),
    "no DQT, progressive": without(progressive, 0xdb),
    "no DHT, progressive": without(progressive, 0xc4),
    "no DHT, grey": without(grey, 0xc4),
    "no DHT, restarts": without(restarts, 0xc4),
    "one DHT": without(plain, 0xc4, 1),
    "two DHT": without(plain, 0xc4, 2),
    "one DQT": without(plain, 0xdb, 1),
    "DQT 4": set(plain, dqt + 4, 4),
    "DQT of 16 bits": set(plain, dqt + 4, 0x10),
    "DQT of a wrong length": set(plain, dqt + 3, 66),
    "DQT of zeros": set(plain, dqt + 5, ...Array(64).fill(0)),
    "DHT that nothing uses": withSegment(plain, 0xc4, Uint8Array.of(3, ...Array(16).fill(9))),
    "DHT that cannot be and nothing uses": withSegment(
      plain,
      0xc4,
      Uint8Array.of(3, 3, ...Array(15).fill(0), 1, 2, 3),
    ),
    "DHT of a wrong length": set(plain, dht + 3, plain[dht + 3] - 1),
    "DHT 4": set(plain, dht + 4, 4),
    "DHT of class 2": set(plain, dht + 4, 0x20),
    "DHT without codes": set(plain, dht + 5, ...Array(16).fill(0)),
    "DHT with too many codes": set(plain, dht + 5, ...Array(16).fill(255)),
    "DHT with three codes of one bit": set(plain, dht + 5, 3),
    "DHT with a code of all ones": set(plain, dht + 5, 2),
    "DHT with a DC value of 16": set(plain, dht + 21, 16),
    "DAC": withSegment(plain, 0xcc, Uint8Array.of(0, 0x42, 16, 5)),
    "DAC 32": withSegment(plain, 0xcc, Uint8Array.of(32, 0)),
    "DAC of bounds that cannot be": withSegment(plain, 0xcc, Uint8Array.of(0, 0x24)),
    "DAC of a wrong length": withSegment(plain, 0xcc, Uint8Array.of(0)),
    "DRI of a wrong length": withSegment(plain, 0xdd, Uint8Array.of(1, 2, 3)),
    "DRI of no restarts": withSegment(plain, 0xdd, Uint8Array.of(0, 0)),
    "DRI without restarts": withSegment(plain, 0xdd, Uint8Array.of(0, 4)),
  };
  for (const code of [0xe0, 0xe1, 0xee, 0xfe, 0xdc]) {
    for (const length of [0, 1, 2]) {
      const bytes = Uint8Array.of(0xff, code, 0, length);
      odd[`${code.toString(16)} of length ${length}`] = put(plain, 2, [...bytes]);
    }
  }
  return odd;
}

/** Frame headers. */
function wrongHeaders(jpeg: Uint8Array): OddJpegs {
  const sof = find(jpeg, "SOF0");
  const header = jpeg.subarray(sof, sof + 19);
  const odd: OddJpegs = {
    "SOI twice": put(jpeg, 2, [0xff, 0xd8]),
    "SOF twice": put(jpeg, sof, [...header]),
    "no SOF": without(jpeg, 0xc0),
    "SOF of a wrong length": set(jpeg, sof + 3, 20),
    "SOF of 12 bits": set(jpeg, sof + 4, 12),
    "one component id for all": set(set(set(jpeg, sof + 10, 7), sof + 13, 7), sof + 16, 7),
    "two components": set(jpeg, sof + 9, 2),
    "DQT 3 that is not there": set(jpeg, sof + 15, 3),
    "DQT 200": set(jpeg, sof + 12, 200),
  };
  for (let code = 0xc1; code <= 0xcf; code++) {
    odd[`SOF of kind ${code.toString(16)}`] = set(jpeg, sof + 1, code);
  }
  for (const [width, height] of [[0, 9], [9, 0], [65_535, 9], [9, 65_535], [65_500, 9], [400, 9]]) {
    const size = [height >> 8, height & 255, width >> 8, width & 255];
    odd[`${width}x${height} pixels`] = set(jpeg, sof + 5, ...size);
  }
  for (let sampling = 0; sampling < 36; sampling++) {
    const [across, down] = [sampling % 6, Math.floor(sampling / 6)];
    odd[`sampled ${across}x${down}`] = set(jpeg, sof + 11, across * 16 + down);
  }
  odd["sampled 3x1 over 2x1"] = set(set(jpeg, sof + 11, 0x31), sof + 14, 0x21);
  return odd;
}

/** Scans. */
function wrongScans(jpeg: Uint8Array, progressive: Uint8Array): OddJpegs {
  const sos = find(jpeg, "SOS");
  const first = find(progressive, "SOS");
  return {
    "no SOS": concat(jpeg.subarray(0, sos), jpeg.subarray(-2)),
    "SOS before SOF": put(jpeg, 2, [...jpeg.subarray(sos, sos + 14)]),
    "SOS of no component": concat(jpeg.subarray(0, sos), SCAN_OF_NONE, jpeg.subarray(sos + 14)),
    "SOS of one component": concat(jpeg.subarray(0, sos), SCAN_OF_ONE, jpeg.subarray(sos + 14)),
    "SOS that says five components": set(jpeg, sos + 4, 5),
    "SOS of an unknown component": set(jpeg, sos + 5, 9),
    "SOS of a component twice": set(jpeg, sos + 7, 1),
    "SOS of the components in another order": set(set(jpeg, sos + 5, 2), sos + 7, 1),
    "SOS with table 2": set(jpeg, sos + 6, 0x22),
    "SOS with table 15": set(jpeg, sos + 6, 0xff),
    "SOS with other bounds": set(jpeg, sos + 11, 1, 9, 0x21),
    "the scan twice": concat(jpeg.subarray(0, -2), jpeg.subarray(sos)),
    "progressive, arithmetic": set(progressive, find(progressive, "DQT") + 139, 0xca),
    "progressive up to 1": set(progressive, first + 12, 1),
    "progressive from 3 to 1": set(progressive, first + 11, 3, 1),
    "progressive, refining what is not there": set(progressive, first + 13, 0x10),
    "progressive, refining two bits": set(progressive, first + 13, 0x31),
    "progressive, low bit 14": set(progressive, first + 13, 0x0e),
    "progressive, the first scan alone": concat(
      progressive.subarray(0, progressive.indexOf(0xff, first + 100)),
      Uint8Array.of(0xff, 0xd9),
    ),
  };
}

const SCAN_OF_NONE = segment(0xda, Uint8Array.of(0, 0, 63, 0));
const SCAN_OF_ONE = segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0));

/** The picture's own data. */
function wrongData(plain: Uint8Array, restarts: Uint8Array): OddJpegs {
  const odd: OddJpegs = {};
  const middle = (find(plain, "SOS") + plain.length) >> 1;
  for (const code of [0x00, 0x01, 0x5d, 0xbf, 0xc4, 0xd0, 0xd8, 0xd9, 0xda, 0xe1, 0xf0, 0xfe]) {
    odd[`marker ${code.toString(16)} in the data`] = put(plain, middle, [0xff, code]);
  }
  odd["cut off in the data, with EOI"] = concat(plain.subarray(0, middle), EOI);
  odd["a hole in the data"] = concat(plain.subarray(0, middle), plain.subarray(middle + 300));
  odd["zeros in the data"] = set(plain, middle, ...Array(300).fill(0));
  for (const [nth, at] of markersOf(restarts, (code) => (code & 0xf8) === 0xd0).entries()) {
    odd[`loose bytes before restart ${nth}`] = put(restarts, at, [1, 2, 3]);
    odd[`no restart ${nth}`] = concat(restarts.subarray(0, at), restarts.subarray(at + 2));
    odd[`restart ${nth} out of turn`] = set(restarts, at + 1, 0xd0 + (nth + 3) % 8);
    odd[`damage before restart ${nth}`] = put(restarts, at - 50, [0xff, 0x5d]);
  }
  return odd;
}

const EOI = Uint8Array.of(0xff, 0xd9);

function damaged(good: readonly Uint8Array[]): OddJpegs {
  const samples = fc.sample(fc.tuple(fc.nat(good.length - 1), edits), DAMAGED);
  return Object.fromEntries(
    samples.map(([i, changes]) => [`${i} ${JSON.stringify(changes)}`, mutate(good[i], changes)]),
  );
}

function named<T>(
  values: Readonly<Record<string, T>>,
  what: string,
  make: (value: T) => Uint8Array<ArrayBuffer>,
): OddJpegs {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${name} ${what}`, make(value)]),
  );
}

const CODES = { DQT: 0xdb, SOF0: 0xc0, DHT: 0xc4, SOS: 0xda, EOI: 0xd9 } as const;

/** Where a segment starts, the first of its kind. */
function find(jpeg: Uint8Array, name: keyof typeof CODES): number {
  return markersOf(jpeg, (code) => code === CODES[name])[0];
}

function markersOf(jpeg: Uint8Array, isWanted: (code: number) => boolean): number[] {
  return [...jpeg.keys()].filter((at) => jpeg[at] === 0xff && isWanted(jpeg[at + 1]));
}

/** `jpeg` with bytes more at `at`. */
function put(jpeg: Uint8Array, at: number, bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  return concat(jpeg.subarray(0, at), Uint8Array.from(bytes), jpeg.subarray(at));
}

/** `jpeg` with other bytes at `at`. */
function set(jpeg: Uint8Array, at: number, ...bytes: number[]): Uint8Array<ArrayBuffer> {
  const copy = concat(jpeg);
  copy.set(bytes, at);
  return copy;
}
