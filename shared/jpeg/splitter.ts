// Cuts a byte stream into whole JPEGs by walking their segments, so that the thumbnail inside EXIF
// is never taken for a picture and a frame leaves the moment its EOI arrives.

import { STANDARD_DHT } from "./huffman.ts";
import { endOfEntropy, isApp, isSegment, isStandalone, isStartOfFrame, MARKER } from "./inspect.ts";

/** What a splitter has seen since it was made. */
export interface SplitterCounts {
  /** Whole JPEGs given out. */
  frames: number;
  /** Bytes between frames: padding, multipart headers, noise. */
  garbageBytes: number;
  /** Frames that were cut off by the start of the next one. */
  truncated: number;
  /** Frames that broke the rules of the format. */
  malformed: number;
  /** Frames that grew past the cap. */
  oversized: number;
}

/** How a splitter is made. */
export interface SplitterOptions {
  /** Largest frame given out, in bytes. Default 8 MiB. */
  readonly maxFrameBytes?: number;
}

/** Bytes looked at in one go: bounds the buffer to a frame and a piece, whatever is pushed. */
const PIECE_BYTES = 256 * 1024;

type State = "seek" | "marker" | "entropy";

/** One stream's splitter. Memory is bounded by the cap; nothing is kept of a frame given out. */
export class JpegSplitter {
  readonly counts: SplitterCounts = {
    frames: 0,
    garbageBytes: 0,
    truncated: 0,
    malformed: 0,
    oversized: 0,
  };
  readonly #maxFrameBytes: number;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(PIECE_BYTES);
  /** Filled part of the buffer, this frame's SOI in it, and where reading goes on. */
  #end = 0;
  #start = 0;
  #at = 0;
  #state: State = "seek";
  /** Where the search for the next frame starts should this one turn out broken. */
  #retryAt = 0;
  #startOfFrame = 0;
  #hasTables = false;
  /** The first SOS of the frame, relative to its SOI; 0 before it. */
  #scanOffset = 0;

  constructor(options: SplitterOptions = {}) {
    this.#maxFrameBytes = options.maxFrameBytes ?? 8 * 1024 * 1024;
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
    return frames;
  }

  /** Forgets the frame under way, as after the stream broke off. Counts stay. */
  reset(): void {
    this.#end = 0;
    this.#seekFrom(0);
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
    this.counts.garbageBytes += at - this.#start;
    this.#start = this.#at = at;
    if (at + 2 >= bytes.length) return false;
    this.#state = "marker";
    this.#at = this.#retryAt = at + 2;
    this.#startOfFrame = this.#scanOffset = 0;
    this.#hasTables = false;
    return true;
  }

  #entropy(bytes: Uint8Array): boolean {
    if (this.#at >= bytes.length) return false;
    const at = endOfEntropy(bytes, this.#at);
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
    if (bytes[at] !== 0xff) return this.#broken();
    if (code === 0xff) this.#at = at + 1;
    else if (isStandalone(code)) this.#at = at + 2;
    else if (code === MARKER.EOI) this.#finish(at + 2, frames);
    else if (code === MARKER.SOI) {
      this.counts.truncated++;
      this.#seekFrom(at);
    } else if (!isSegment(code)) return this.#broken();
    else return this.#segment(bytes, at, code);
    return true;
  }

  #segment(bytes: Uint8Array, at: number, code: number): boolean {
    if (at + 3 >= bytes.length) return false;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (length < 2) return this.#broken();
    // A thumbnail lives in an APPn before the first scan: never search in there.
    const mayHoldThumbnail = isApp(code) && this.#scanOffset === 0;
    this.#retryAt = mayHoldThumbnail ? at + 2 + length : at + 2;
    if (isStartOfFrame(code)) this.#startOfFrame = code;
    else if (code === MARKER.DHT) this.#hasTables = true;
    else if (code === MARKER.SOS) {
      if (this.#scanOffset === 0) this.#scanOffset = at - this.#start;
      this.#state = "entropy";
    }
    this.#at = at + 2 + length;
    return true;
  }

  /** The frame under way breaks the rules: counts it and searches for the next. */
  #broken(): true {
    this.counts.malformed++;
    this.#seekFrom(this.#retryAt);
    return true;
  }

  #finish(end: number, frames: Uint8Array<ArrayBuffer>[]): void {
    const jpeg = this.#buffer.subarray(this.#start, end);
    if (this.#startOfFrame === 0 || this.#scanOffset === 0) this.counts.malformed++;
    else if (jpeg.length > this.#maxFrameBytes) this.counts.oversized++;
    else {
      this.counts.frames++;
      frames.push(this.#lacksTables() ? insertTables(jpeg, this.#scanOffset) : jpeg.slice());
    }
    this.#seekFrom(end);
  }

  #lacksTables(): boolean {
    const baseline = this.#startOfFrame === MARKER.SOF0 || this.#startOfFrame === MARKER.SOF1;
    return baseline && !this.#hasTables;
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

function insertTables(jpeg: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(jpeg.length + STANDARD_DHT.length);
  whole.set(jpeg.subarray(0, at));
  whole.set(STANDARD_DHT, at);
  whole.set(jpeg.subarray(at), at + STANDARD_DHT.length);
  return whole;
}
