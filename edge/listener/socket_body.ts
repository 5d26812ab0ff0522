// The body of an upload as it comes from a socket.

import type { Buffer } from "node:buffer";
import type { FrameBody } from "../body.ts";
import { BYTES_PER_PERIOD, PERIOD_MS, SlowBody } from "../limits/paced_body.ts";

/** A body of known length, in the chunks that the socket gives. */
export class SocketBody implements FrameBody {
  readonly length: number;
  #missing: number;
  #chunks: Uint8Array[] = [];
  #failure: Error | undefined;
  #wanted = true;
  #wake: (() => void) | undefined;
  /** What had come when the pace was looked at last, and when that was (monotonic ms). */
  #pace: { missing: number; at: number } | undefined;

  constructor(length: number) {
    this.length = length;
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

  /** Takes what belongs to the body and gives back what follows it. */
  push(chunk: Buffer): Buffer {
    const own = chunk.subarray(0, this.#missing);
    this.#missing -= own.length;
    if (this.#wanted && own.length > 0) this.#chunks.push(own);
    this.#wake?.();
    return chunk.subarray(own.length);
  }

  /** Nobody reads it any more; what is still to come is let pass. */
  discard(): void {
    this.#wanted = false;
    this.#chunks = [];
  }

  /** Ends reading with `error`. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
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

  /** @throws {SlowBody} When less came than has to; whatever `fail` was given. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield* this.#chunks.splice(0);
      if (this.#chunks.length > 0) continue;
      if (this.complete) return;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }
}
