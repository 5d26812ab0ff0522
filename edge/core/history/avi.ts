// A day as one file that players open: JPEGs in an AVI, byte for byte as they are, so that nothing
// is encoded and nothing is held. The layout is Microsoft's "AVI RIFF File Reference".

/** What the headers say of the film. */
export interface AviFilm {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
  /** Bytes of each JPEG, in the order of showing. */
  readonly sizes: readonly number[];
}

const HAS_INDEX = 0x10;
const KEYFRAME = 0x10;
const HEADER_BYTES = 224;
const ENTRY_BYTES = 16;

/** Bytes of the whole file. */
export function aviBytes({ sizes }: AviFilm): number {
  return HEADER_BYTES + movieBytes(sizes) + 8 + sizes.length * ENTRY_BYTES;
}

/** What stands before the first frame. */
export function aviHeader(film: AviFilm): Uint8Array<ArrayBuffer> {
  const { width, height, fps, sizes } = film;
  const out = new Writer(HEADER_BYTES);
  const largest = Math.max(0, ...sizes);
  out.text("RIFF").u32(aviBytes(film) - 8).text("AVI ");
  out.text("LIST").u32(192).text("hdrl");
  out.text("avih").u32(56).u32(Math.round(1e6 / fps)).u32(Math.round(largest * fps)).u32(0);
  out.u32(HAS_INDEX).u32(sizes.length).u32(0).u32(1).u32(largest).u32(width).u32(height);
  out.u32(0).u32(0).u32(0).u32(0);
  out.text("LIST").u32(116).text("strl");
  out.text("strh").u32(56).text("vids").text("MJPG").u32(0).u32(0).u32(0);
  out.u32(1000).u32(Math.round(fps * 1000)).u32(0).u32(sizes.length).u32(largest);
  out.u32(0xffffffff).u32(0).u16(0).u16(0).u16(width).u16(height);
  out.text("strf").u32(40).u32(40).u32(width).u32(height).u16(1).u16(24).text("MJPG");
  out.u32(width * height * 3).u32(0).u32(0).u32(0).u32(0);
  out.text("LIST").u32(movieBytes(sizes) + 4).text("movi");
  return out.bytes;
}

/** What stands before a frame of `size` bytes. A frame of an odd size is followed by one zero. */
export function aviFrameHeader(size: number): Uint8Array<ArrayBuffer> {
  return new Writer(8).text("00dc").u32(size).bytes;
}

/** What stands behind the last frame. */
export function aviIndex({ sizes }: AviFilm): Uint8Array<ArrayBuffer> {
  const out = new Writer(8 + sizes.length * ENTRY_BYTES);
  out.text("idx1").u32(sizes.length * ENTRY_BYTES);
  let offset = 4;
  for (const size of sizes) {
    out.text("00dc").u32(KEYFRAME).u32(offset).u32(size);
    offset += 8 + even(size);
  }
  return out.bytes;
}

function movieBytes(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + 8 + even(size), 0);
}

function even(size: number): number {
  return size + size % 2;
}

/** Writes little-endian numbers one after another. */
class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  text(four: string): this {
    for (const char of four) this.bytes[this.#at++] = char.charCodeAt(0);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }
}
