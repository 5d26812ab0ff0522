// One simulated viewer. It knows how large a frame is, reads its stamp and its last two bytes, and
// lets the kernel throw the rest away; one frame in sixteen it reads and checks whole.

import { frameNumber, isWhole, stampedAt } from "./stamp.ts";
import { connect, discard, nowUs, read, writeAll } from "./libc.ts";
import type { Tally } from "./tally.ts";

const CHECK_EVERY = 16;
/** So little can pile up at a slow viewer's end, as on a slow line. */
const SLOW_RECEIVE_BUFFER = 32 * 1024;

/** What all viewers of a crowd share. */
export interface Crowd {
  readonly port: number;
  /** With query. */
  readonly path: string;
  /** Lines for every request, each with its CRLF. */
  readonly headers: string;
  /** Bytes of every frame. */
  readonly size: number;
  /** Bytes before the JPEG in a WebSocket message. */
  readonly skip: number;
  /** Whether WebSocket viewers acknowledge frames. */
  readonly acknowledge: boolean;
  /** Ms from one request of a poller to the next; 0 = at once. */
  readonly interval: number;
  /** Whether pollers send the ETag they know. */
  readonly conditional: boolean;
}

/** What a viewer measures into. */
export interface Counting {
  readonly tally: Tally;
  /** Whether what arrives now counts. */
  readonly measuring: () => boolean;
  /** Whether this one reads only as its budget allows. */
  readonly slow: boolean;
}

/** One connection. Subclasses know what is around the frames. */
export abstract class LoadViewer {
  /** Frames that counted. */
  frames = 0;
  /** Bytes that may still be read; only slow viewers have so few. */
  budget = Infinity;
  broken = false;
  fd = -1;
  protected readonly crowd: Crowd;
  protected readonly counting: Counting;
  /** What was read of the bytes around and at the start of a frame. */
  protected readonly head: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  protected headLength = 0;
  /** Bytes of a frame on the wire: more than its size where it is cut into several HTTP chunks. */
  protected wireSize: number;
  /** When the request was sent. */
  protected askedAt = 0;
  /** Bytes of the frame that are here; at least `STAMP_BYTES` once `beginBody` was called. */
  #have = 0;
  #collected: Uint8Array<ArrayBuffer> | undefined;
  #stamp = 0;
  #number = 0;
  #seen = 0;
  #lastNumber = 0;
  #lastStamp = 0;
  #first = false;
  readonly #end = new Uint8Array(2);

  constructor(crowd: Crowd, counting: Counting, index: number) {
    this.crowd = crowd;
    this.counting = counting;
    this.wireSize = crowd.size;
    this.#seen = index % CHECK_EVERY;
  }

  /** Connects and asks. */
  start(): void {
    this.fd = connect(this.crowd.port, this.counting.slow ? SLOW_RECEIVE_BUFFER : undefined);
    this.headLength = 0;
    this.ask();
  }

  /** Reads what there is. False where the connection is gone or makes no sense any more. */
  abstract readable(): boolean;

  protected ask(extra = ""): void {
    const { path, port, headers } = this.crowd;
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}${extra}\r\n`;
    this.askedAt = nowUs();
    writeAll(this.fd, new TextEncoder().encode(request));
  }

  /** Reads on into `head` until it holds `wanted` bytes; -1 where it does not yet, 0 where closed. */
  protected fillHead(wanted: number): number {
    while (this.headLength < wanted) {
      const room = this.headLength === 0 ? this.head : this.head.subarray(this.headLength);
      const got = this.take(room, wanted - this.headLength);
      if (got <= 0) return got;
      this.headLength += got;
    }
    return this.headLength;
  }

  /** Starts on a frame of which `head` holds `STAMP_BYTES` or more, from `at` on. */
  protected beginBody(at: number): boolean {
    this.#stamp = stampedAt(this.head, at);
    if (this.#stamp < 0) return this.damaged();
    this.#number = frameNumber(this.head, at);
    this.#have = this.headLength - at;
    if (++this.#seen % CHECK_EVERY === 0 && this.wireSize === this.crowd.size) {
      this.#collected = new Uint8Array(this.crowd.size);
      this.#collected.set(this.head.subarray(at, this.headLength));
    }
    return true;
  }

  /** Goes on with the frame: 1 when its last byte is here, -1 when not yet, 0 where closed. */
  protected continueBody(): number {
    const size = this.wireSize;
    while (this.#have < size - 2) {
      const got = this.#collected
        ? this.#collect(size - 2)
        : this.take(undefined, size - 2 - this.#have);
      if (got <= 0) return got;
      this.#have += got;
    }
    const got = this.#readEnd();
    if (got <= 0) return got;
    this.#have += got;
    return this.#have === size ? 1 : -1;
  }

  /** A whole frame is here: counts it. */
  protected arrived(): void {
    const now = nowUs();
    const { tally, measuring } = this.counting;
    const collected = this.#collected;
    this.#collected = undefined;
    const fresh = this.#number !== this.#lastNumber;
    this.noteFirst(now);
    if (measuring()) {
      if (this.#end[0] !== 0xff || this.#end[1] !== 0xd9) tally.corrupt++;
      if (collected) {
        tally.checked++;
        if (!isWhole(collected)) tally.corrupt++;
      }
      tally.bytes += this.crowd.size;
      if (fresh) this.#count(now);
      else tally.unchanged++;
    }
    this.#lastNumber = this.#number;
    this.#lastStamp = this.#stamp;
  }

  /** Notes when the first frame was here; does nothing the second time. */
  protected noteFirst(now: number): void {
    if (!this.#first) this.counting.tally.first.add((now - this.askedAt) / 1000);
    this.#first = true;
  }

  /** Notes that nothing of what comes makes sense any more. */
  protected damaged(): false {
    if (this.counting.measuring()) this.counting.tally.corrupt++;
    this.broken = true;
    return false;
  }

  #count(now: number): void {
    const { tally } = this.counting;
    tally.frames++;
    this.frames++;
    tally.latency.add((now - this.#stamp) / 1000);
    if (this.#lastNumber === 0) return;
    tally.skipped += this.#number - this.#lastNumber - 1;
    tally.replaced.add((now - this.#lastStamp) / 1000);
  }

  #collect(until: number): number {
    const into = this.#collected!.subarray(this.#have);
    return this.take(into, until - this.#have);
  }

  #readEnd(): number {
    const missing = this.wireSize - this.#have;
    const into = missing === 2 ? this.#end : this.#end.subarray(1);
    const got = this.take(into, missing);
    if (got > 0 && this.#collected) this.#collected.set(into.subarray(0, got), this.#have);
    return got;
  }

  /** Reads, or throws away, at most `wanted` bytes and what the budget allows. */
  protected take(into: Uint8Array<ArrayBuffer> | undefined, wanted: number): number {
    const most = wanted < this.budget ? wanted : Math.floor(this.budget);
    if (most <= 0) return -1;
    const got = into ? read(this.fd, into, most) : discard(this.fd, most);
    if (got > 0) this.budget -= got;
    return got;
  }
}
