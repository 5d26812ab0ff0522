// A day as one file that players open: JPEGs in an AVI, byte for byte as they are, so that nothing
// is encoded and nothing is held. The layout is Microsoft's "AVI RIFF File Reference".

export interface AviFilm {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly fps: number;
  /** Bytes of each JPEG, in the order of showing. */
  readonly sizes: readonly number[];
}

const HAS_INDEX = 0x10;
const KEYFRAME = 0x10;
const HEADER_BYTES = 224;
const ENTRY_BYTES = 16;

export function aviBytes({ sizes }: AviFilm): number {
  return HEADER_BYTES + movieBytes(sizes) + 8 + sizes.length * ENTRY_BYTES;
}

/** The file, piece by piece. A picture that is gone leaves a gap of its size: the length was promised. */
export async function* avi(
  film: AviFilm,
  read: (place: number) => Promise<Uint8Array | undefined>,
): AsyncGenerator<Uint8Array> {
  yield header(film);
  for (const [place, size] of film.sizes.entries()) {
    yield riff(["00dc", size]);
    const jpeg = await read(place);
    yield jpeg?.length === size ? jpeg : new Uint8Array(size);
    if (size % 2 === 1) yield new Uint8Array(1);
  }
  yield index(film);
}

function header(film: AviFilm): Uint8Array {
  const { width, height, fps, sizes } = film;
  const largest = Math.max(0, ...sizes);
  return riff([
    ...["RIFF", aviBytes(film) - 8, "AVI "],
    ...["LIST", 192, "hdrl"],
    ...["avih", 56, Math.round(1e6 / fps), Math.round(largest * fps), 0, HAS_INDEX],
    ...[sizes.length, 0, 1, largest, width, height, 0, 0, 0, 0],
    ...["LIST", 116, "strl"],
    ...["strh", 56, "vids", "MJPG", 0, 0, 0, 1000, Math.round(fps * 1000), 0],
    ...[sizes.length, largest, 0xffffffff, 0, 0, pair(width, height)],
    ...["strf", 40, 40, width, height, pair(1, 24), "MJPG", width * height * 3, 0, 0, 0, 0],
    ...["LIST", movieBytes(sizes) + 4, "movi"],
  ]);
}

function index({ sizes }: AviFilm): Uint8Array {
  const words: (string | number)[] = ["idx1", sizes.length * ENTRY_BYTES];
  let offset = 4;
  for (const size of sizes) {
    words.push("00dc", KEYFRAME, offset, size);
    offset += 8 + even(size);
  }
  return riff(words);
}

function movieBytes(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + 8 + even(size), 0);
}

function even(size: number): number {
  return size + size % 2;
}

/** Two numbers of 16 bits in the place of one of 32. */
function pair(first: number, second: number): number {
  return (first & 0xffff) | (second << 16);
}

/** Words of four letters, and little-endian numbers of 32 bits. */
function riff(words: readonly (string | number)[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  const encoder = new TextEncoder();
  for (const [i, word] of words.entries()) {
    if (typeof word === "number") view.setUint32(4 * i, word, true);
    else bytes.set(encoder.encode(word), 4 * i);
  }
  return bytes;
}
