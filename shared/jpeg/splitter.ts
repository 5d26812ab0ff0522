// Cuts a byte stream into whole JPEGs by walking their segments, so that the thumbnail inside EXIF
// is never taken for a picture and a frame leaves the moment its EOI arrives. Which of them is a picture
// the judge says.

import {
  cleanJpeg,
  endOfEntropy,
  isSegment,
  isSkipped,
  isStandalone,
  MARKER,
  nextMarker,
  startOfJpeg,
} from "./markers.ts";
import { inspectJpeg } from "./inspect.ts";

/** Frames that a splitter did not give out since it was made. */
export interface SplitterCounts {
  /** Cut off by the start of the next one. */
  truncated: number;
  /** Against the rules of the format. */
  malformed: number;
  /** Grown past the cap. */
  oversized: number;
}

/** Bytes looked at in one go: bounds the buffer to a frame and a piece, whatever is pushed. */
const PIECE_BYTES = 256 * 1024;

/** Of a stream that has so many bytes and no picture there is nothing to be hoped for. */
export const MAX_FRUITLESS_BYTES = 32 * 1024 * 1024;

/**
 * The first picture of a multipart stream's part is the one that is meant: previews, gain maps and
 * second fields follow it. Where more follow it is no such stream.
 */
const MAX_PICTURES_OF_PART = 5;

type State = "seek" | "marker" | "entropy";

/** One stream's splitter. Memory is bounded by the cap; nothing is kept of a frame given out. */
export class JpegSplitter {
  readonly counts: SplitterCounts = { truncated: 0, malformed: 0, oversized: 0 };
  readonly #maxFrameBytes: number;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(PIECE_BYTES);
  /** Filled part of the buffer, this frame's SOI in it, and where reading goes on. */
  #end = 0;
  #start = 0;
  #at = 0;
  #state: State = "seek";
  /** Where the search for the next frame starts should this one turn out broken. */
  #retryAt = 0;
  /** The last segment of this frame: where its body starts, and whether a thumbnail may be in it. */
  #bodyAt = 0;
  #mayHoldThumbnail = false;
  #scanned = false;
  /** The last bytes before the frame, and its number in the part that it is in. */
  #before = "";
  #nth = Infinity;
  /** Bytes taken since the last frame given out. */
  #fruitless = 0;

  /** @param maxFrameBytes Largest frame given out. */
  constructor(maxFrameBytes = 8 * 1024 * 1024) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @returns The JPEGs completed by them, oldest first, each in a buffer of its own.
   */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      this.#append(chunk.subarray(from, from + PIECE_BYTES));
      this.#walk(frames);
    }
    this.#fruitless = frames.length > 0 ? 0 : this.#fruitless + chunk.length;
    return frames;
  }

  /** Whether bytes come and come without a picture: they would be looked at as fast as they come. */
  get isFruitless(): boolean {
    return this.#fruitless > MAX_FRUITLESS_BYTES;
  }

  #append(piece: Uint8Array): void {
    const kept = this.#end - this.#start;
    if (this.#end + piece.length > this.#buffer.length) {
      let target = this.#buffer;
      if (kept + piece.length > target.length) {
        target = new Uint8Array(Math.max(kept + piece.length, 2 * target.length));
      }
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#at -= this.#start;
      this.#retryAt -= this.#start;
      this.#bodyAt -= this.#start;
      this.#start = 0;
      this.#end = kept;
    }
    this.#buffer.set(piece, this.#end);
    this.#end += piece.length;
  }

  #walk(frames: Uint8Array<ArrayBuffer>[]): void {
    // Bytes behind #end are left from earlier frames: every search runs on this view instead.
    const bytes = this.#buffer.subarray(0, this.#end);
    while (this.#step(bytes, frames));
    if (
      this.#state !== "seek" && Math.min(this.#at, this.#end) - this.#start > this.#maxFrameBytes
    ) {
      this.counts.oversized++;
      this.#seekFrom(Math.min(this.#at, this.#end));
    }
    if (this.#start === this.#end) {
      this.#end = 0;
      this.#seekFrom(0);
    }
  }

  /** One step of the walk; false where it needs more bytes. */
  #step(bytes: Uint8Array<ArrayBuffer>, frames: Uint8Array<ArrayBuffer>[]): boolean {
    if (this.#state === "seek") return this.#seek(bytes);
    if (this.#state === "entropy") return this.#entropy(bytes);
    return this.#marker(bytes, frames);
  }

  #seek(bytes: Uint8Array): boolean {
    let at = bytes.indexOf(0xff, this.#at);
    while (at >= 0 && !mayStartFrame(bytes, at)) at = bytes.indexOf(0xff, at + 1);
    if (at < 0) at = bytes.length;
    this.#before = (this.#before + lastBytes(bytes, this.#start, at)).slice(-3);
    this.#start = this.#at = at;
    if (at + 2 >= bytes.length) return false;
    const isHeaded = /\n\r?\n$/.test(this.#before);
    this.#nth = isHeaded ? 1 : this.#nth + 1;
    this.#before = "";
    this.#state = "marker";
    this.#at = this.#retryAt = this.#bodyAt = at + 2;
    this.#scanned = this.#mayHoldThumbnail = false;
    return true;
  }

  #entropy(bytes: Uint8Array): boolean {
    if (this.#at >= bytes.length) return false;
    const { end: at } = endOfEntropy(bytes, this.#at, true);
    if (at < 0) {
      this.#at = bytes.length - (bytes[bytes.length - 1] === 0xff ? 1 : 0);
      return false;
    }
    this.#at = this.#retryAt = at;
    this.#state = "marker";
    return true;
  }

  #marker(bytes: Uint8Array<ArrayBuffer>, frames: Uint8Array<ArrayBuffer>[]): boolean {
    const at = this.#at;
    if (at + 1 >= bytes.length) return false;
    const code = bytes[at + 1];
    if (bytes[at] !== 0xff || code === 0) {
      if (this.#jumpedIntoAnother(bytes, at)) return this.#broken();
      this.#at = this.#bodyAt = nextMarker(bytes, at);
    } else if (code === 0xff) this.#at = at + 1;
    else if (isStandalone(code)) this.#at = at + 2;
    else if (code === MARKER.EOI) this.#finish(at + 2, frames);
    else if (code === MARKER.SOI) {
      this.counts.truncated++;
      this.#before = lastBytes(bytes, this.#start, at);
      this.#seekFrom(at);
    } else if (!isSegment(code)) return this.#broken();
    else return this.#segment(bytes, at, code);
    return true;
  }

  #segment(bytes: Uint8Array, at: number, code: number): boolean {
    if (at + 3 >= bytes.length) return false;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    // A thumbnail lives in an APPn before the first scan: never search in there.
    this.#mayHoldThumbnail = isSkipped(code) && !this.#scanned;
    this.#bodyAt = at + 4;
    this.#at = at + 2 + Math.max(length, 2);
    this.#retryAt = this.#mayHoldThumbnail ? this.#at : at + 2;
    if (code === MARKER.SOS) {
      this.#scanned = true;
      this.#state = "entropy";
    }
    return true;
  }

  /** Whether no marker is at `at` because the frame was cut off in a segment and another one follows. */
  #jumpedIntoAnother(bytes: Uint8Array, at: number): boolean {
    const body = bytes.subarray(0, at);
    let start = startOfJpeg(body, this.#bodyAt);
    while (start < at && this.#mayHoldThumbnail) {
      const thumbnail = inspectJpeg(body.subarray(start));
      if (!thumbnail.ok) return true;
      start = startOfJpeg(body, start + thumbnail.end);
    }
    return start < at;
  }

  /** The frame under way breaks the rules: counts it and searches for the next. */
  #broken(): true {
    this.counts.malformed++;
    this.#seekFrom(this.#retryAt);
    return true;
  }

  #finish(end: number, frames: Uint8Array<ArrayBuffer>[]): void {
    const jpeg = this.#buffer.subarray(this.#start, end);
    const seen = inspectJpeg(jpeg);
    const isTail = this.#nth > 1 && this.#nth <= MAX_PICTURES_OF_PART;
    if (!seen.ok) this.counts.malformed++;
    else if (jpeg.length > this.#maxFrameBytes) this.counts.oversized++;
    else if (!isTail) frames.push(cleanJpeg(jpeg, seen, false).slice());
    this.#seekFrom(end);
  }

  #seekFrom(at: number): void {
    this.#start = this.#at = this.#retryAt = at;
    this.#state = "seek";
  }
}

/** Whether FF D8 FF stands at `at`, as far as there are bytes to tell. */
function mayStartFrame(bytes: Uint8Array, at: number): boolean {
  if (at + 1 >= bytes.length) return true;
  if (bytes[at + 1] !== MARKER.SOI) return false;
  return at + 2 >= bytes.length || bytes[at + 2] === 0xff;
}

/** The last three bytes of a run, as text. */
function lastBytes(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(Math.max(from, to - 3), to));
}
