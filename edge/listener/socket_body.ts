// The body of an upload as it comes from a socket.

import type { Buffer } from "node:buffer";
import { type BodyResult, brokenOff, type FrameBody, tooLarge } from "../body.ts";
import { BYTES_PER_PERIOD, PERIOD_MS, SlowBody } from "../limits/paced_body.ts";
import { FrameBuffer } from "../live_frame.ts";

/** A body of known length, in the chunks that the socket gives. */
export class SocketBody implements FrameBody {
  readonly #length: number;
  #missing: number;
  /** What came before anybody read. */
  #chunks: Uint8Array[] = [];
  /** How many of them are copies. */
  #kept = 0;
  #buffer: FrameBuffer | undefined;
  #failure: Error | undefined;
  #wanted = true;
  #settle: ((result: BodyResult) => void) | undefined;
  /** What had come when the pace was looked at last, and when that was (monotonic ms). */
  #pace: { missing: number; at: number } | undefined;

  constructor(length: number) {
    this.#length = length;
    this.#missing = length;
  }

  /** Whether all of it has come. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Whether nobody reads it any more. */
  get discarded(): boolean {
    return !this.#wanted;
  }

  /** Takes what belongs to the body, until `keep`, and gives back what follows it. */
  push(chunk: Buffer): Buffer {
    const own = chunk.subarray(0, this.#missing);
    const at = this.#length - this.#missing;
    this.#missing -= own.length;
    if (this.#buffer) this.#buffer.jpeg.set(own, at);
    else if (this.#wanted && own.length > 0) this.#chunks.push(own);
    if (this.#buffer && this.complete) this.#settle?.({ ok: true, buffer: this.#buffer });
    return chunk.subarray(own.length);
  }

  /** Copies what was taken and nobody has read yet: the chunks of it are not to be used any more. */
  keep(): void {
    for (; this.#kept < this.#chunks.length; this.#kept++) {
      this.#chunks[this.#kept] = new Uint8Array(this.#chunks[this.#kept]);
    }
  }

  read(maxBytes: number, tail: Uint8Array): BodyResult | Promise<BodyResult> {
    if (this.#length > maxBytes) return tooLarge(maxBytes);
    const buffer = this.#buffer = new FrameBuffer(this.#length, tail);
    let at = 0;
    for (const chunk of this.#chunks) {
      buffer.jpeg.set(chunk, at);
      at += chunk.length;
    }
    this.#forget();
    if (this.complete) return { ok: true, buffer };
    if (this.#failure) return brokenOff(at, this.#failure);
    return new Promise((resolve) => this.#settle = resolve);
  }

  /** Nobody reads it any more; what is still to come is let pass. */
  discard(): void {
    this.#wanted = false;
    this.#forget();
    this.#buffer = undefined;
  }

  #forget(): void {
    this.#chunks = [];
    this.#kept = 0;
  }

  /** Ends reading with `error`, unless all has come. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#settle?.(brokenOff(this.#length - this.#missing, this.#failure));
  }

  /** Whether it comes as fast as it has to; to be asked every second or so. */
  keepsPace(now: number): boolean {
    this.#pace ??= { missing: this.#missing, at: now };
    if (this.complete || now - this.#pace.at < PERIOD_MS) return true;
    const received = this.#pace.missing - this.#missing;
    this.#pace = { missing: this.#missing, at: now };
    if (received >= BYTES_PER_PERIOD) return true;
    this.fail(new SlowBody());
    return false;
  }
}
