// Real JPEGs of the kinds cameras, phones and editors write, made by libvips and ffmpeg.

import type { Buffer } from "node:buffer";
import { STANDARD_DHT } from "../jpeg/huffman.ts";
import { concat } from "../wire_frame.ts";
import { hasFfmpeg, toolPath } from "./tools.ts";

export { concat };

/** A JPEG and what is true of it. */
export interface Sample {
  readonly name: string;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

type Sharp = typeof import("sharp").default;

/** libvips, loaded only by the tests that need it. */
export async function loadSharp(): Promise<Sharp> {
  return (await import("sharp")).default;
}

/** A noisy picture, so that its entropy-coded data is long and full of stuffed zeros. */
export async function picture(width: number, height: number): Promise<ReturnType<Sharp>> {
  const sharp = await loadSharp();
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: "#246", noise } });
}

/** A plain baseline JPEG. */
export async function baseline(width = 320, height = 240): Promise<Uint8Array<ArrayBuffer>> {
  const image = await picture(width, height);
  return plain(await image.jpeg({ quality: 60, optimiseCoding: false }).toBuffer());
}

/** A picture's size in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

let made: Promise<Sample[]> | undefined;

/** One sample of every kind, 320x240; made once a process. */
export function corpus(): Promise<Sample[]> {
  return made ??= makeCorpus({ width: 320, height: 240 });
}

/** One sample of every kind, of any size. */
export async function makeCorpus({ width, height }: Size): Promise<Sample[]> {
  const sharp = await loadSharp();
  const raw = await (await picture(width, height)).raw().toBuffer();
  const image = () => sharp(raw, { raw: { width, height, channels: 3 } });
  const plainJpeg = plain(await image().jpeg({ optimiseCoding: false }).toBuffer());
  const encoded: [string, Promise<Buffer>][] = [
    ["baseline 4:2:0", image().jpeg({ quality: 60 }).toBuffer()],
    ["baseline 4:4:4", image().jpeg({ chromaSubsampling: "4:4:4" }).toBuffer()],
    ["progressive", image().jpeg({ progressive: true }).toBuffer()],
    ["mozjpeg", image().jpeg({ mozjpeg: true }).toBuffer()],
    ["greyscale", image().greyscale().jpeg().toBuffer()],
    ["CMYK", image().toColourspace("cmyk").jpeg().toBuffer()],
    ["colour profile", image().withIccProfile("p3").jpeg().toBuffer()],
    ["XMP", image().withXmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>").jpeg().toBuffer()],
    ["GPS and orientation", withGps(image(), 6).jpeg().toBuffer()],
    ["GPS upright", withGps(image(), 1).jpeg().toBuffer()],
  ];
  const samples: Sample[] = [];
  for (const [name, jpeg] of encoded) {
    samples.push({ name, jpeg: plain(await jpeg), width, height });
  }
  const thumb = plain(await image().resize(width >> 1, height >> 1).jpeg().toBuffer());
  samples.push(
    { name: "EXIF with thumbnail", jpeg: withThumbnail(plainJpeg, thumb), width, height },
    { name: "comment with markers", jpeg: withComment(plainJpeg, thumb), width, height },
    {
      name: "two comments",
      jpeg: withComment(withComment(plainJpeg, thumb), thumb),
      width,
      height,
    },
  );
  if (hasFfmpeg) {
    const size = { width, height };
    const [plain, sliced] = await Promise.all([
      ffmpegStream(1, ["-q:v", "5"], size),
      ffmpegStream(1, ["-slices", "2"], size),
    ]);
    samples.push({ name: "ffmpeg", jpeg: plain, ...size });
    samples.push({ name: "restart markers", jpeg: sliced, ...size });
  }
  return samples;
}

/** 12 MP as a Pi's high quality camera takes it. */
export async function twelveMegapixels(): Promise<Sample> {
  const [width, height] = [4056, 3040];
  const sharp = await loadSharp();
  const small = await (await picture(507, 380)).png().toBuffer();
  const jpeg = plain(await sharp(small).resize(width, height, { fit: "fill" }).jpeg().toBuffer());
  return { name: "12 MP", jpeg, width, height };
}

/** Pictures from ffmpeg's test source, back to back as its pipe gives them. */
export async function ffmpegStream(
  frames: number,
  args: readonly string[] = [],
  { width, height }: Size = { width: 640, height: 480 },
): Promise<Uint8Array<ArrayBuffer>> {
  const source = `testsrc2=size=${width}x${height}:rate=5`;
  const { stdout, success } = await new Deno.Command(toolPath("ffmpeg") ?? "ffmpeg", {
    args: [
      ...["-hide_banner", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source],
      ...["-frames:v", `${frames}`, "-c:v", "mjpeg", ...args, "-f", "image2pipe", "-"],
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("ffmpeg made no pictures");
  return stdout;
}

/** `jpeg` without its Huffman tables, as many USB cameras send it. */
export function withoutTables(jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  return without(jpeg, 0xc4);
}

/** `jpeg` without the segments of a kind before its first scan, but the first `kept` of them. */
export function without(jpeg: Uint8Array, code: number, kept = 0): Uint8Array<ArrayBuffer> {
  const parts = [jpeg.subarray(0, 2)];
  let at = 2;
  while (jpeg[at + 1] !== 0xda) {
    const next = at + 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3]);
    if (jpeg[at + 1] !== code || kept-- > 0) parts.push(jpeg.subarray(at, next));
    at = next;
  }
  return concat(...parts, jpeg.subarray(at));
}

/** A segment, marker included. */
export function segment(code: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = body.length + 2;
  return concat(Uint8Array.of(0xff, code, length >> 8, length & 0xff), body);
}

/** `jpeg` with a segment right behind SOI. */
export function withSegment(
  jpeg: Uint8Array,
  code: number,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return concat(jpeg.subarray(0, 2), segment(code, body), jpeg.subarray(2));
}

/** Decoded pixels, three bytes each. */
export async function pixels(jpeg: Uint8Array): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return plain(await sharp(jpeg).toColourspace("srgb").raw().toBuffer());
}

function withGps(image: ReturnType<Sharp>, orientation: number): ReturnType<Sharp> {
  const gps = { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 3230/100" };
  return image.withExif({ IFD0: { Artist: "somebody" }, IFD3: gps }).withMetadata({ orientation });
}

/** EXIF whose second directory points at a whole JPEG of its own, as rpicam-still writes it. */
function withThumbnail(jpeg: Uint8Array, thumb: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(14 + 30);
  const view = new DataView(head.buffer);
  head.set([...new TextEncoder().encode("Exif\0\0"), 0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
  view.setUint16(14, 0); // directory 0: nothing,
  view.setUint32(16, 14); // directory 1 at 14
  view.setUint16(20, 2);
  view.setUint16(22, 0x0201); // where the thumbnail is
  view.setUint16(24, 4);
  view.setUint32(26, 1);
  view.setUint32(30, 38);
  view.setUint16(34, 0x0202); // how long it is
  view.setUint16(36, 4);
  view.setUint32(38, 1);
  view.setUint16(42, thumb.length);
  return withSegment(jpeg, 0xe1, concat(head, thumb));
}

function withComment(jpeg: Uint8Array, thumb: Uint8Array): Uint8Array<ArrayBuffer> {
  return withSegment(
    jpeg,
    0xfe,
    concat(STANDARD_DHT, thumb, Uint8Array.of(0xff, 0xd9, 0xff, 0xd8)),
  );
}

/** A copy in a buffer of its own. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
