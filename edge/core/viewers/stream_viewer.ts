// A viewer behind a stream: it is written to when its connection has room. One picture may lie there
// when it turns out that there is none; there is no queue, so none can grow.
//
// What lies in buffers between the edge and a viewer whose line is slow: the platform's, the kernel's, a
// proxy's, the viewer's own. Nobody says how much it is, but it shows: once all of them are full, writes
// wait most of the time, and go at the pace of the line. From then on only as much is written as the
// line carries, after all that lies there has gone, so that a picture is late by itself, not by those
// before it.

import type { Guest, Place } from "../limits/viewer_gate.ts";
import type { FanOut } from "./fan_out.ts";

/** Writes are looked at together for so long, ms. */
const WINDOW_MS = 2000;

/** The same while none waits: what lies in buffers once writes begin to wait was written lately. */
const LATELY_MS = 1000;

/** A window ends with a round at the latest after this time, ms. */
const MAX_WINDOW_MS = 8000;

/** Less than the line seems to carry, so that what lies there runs empty. */
const MARGIN = 1.03;

/** A write that waits for so long begins another round, ms. */
const ROUND_MS = 150;

/** After this time it is tried whether the line has become faster, ms; twice as long each time. */
const TRY_MS = 60_000;
const TRY_MAX_MS = 480_000;

/** The backlog of one viewer. Times are monotonic ms. */
export class Backlog {
  /** Ms that the line takes for one write; undefined where it is fast enough, as far as is known. */
  #eachMs: number | undefined;
  /** Writes on the way at `#at`. */
  #depth = 0;
  #at: number;
  /** Writes that fit into all that is on the way, once it was full. */
  #capacity = 0;
  #writtenAt: number;
  #waitedAt: number;
  #window: { readonly from: number; writes: number; waitedMs: number };
  /** Whether writes waited most of the time in the last one. */
  #waits = false;
  #tryAt = Infinity;
  #tryMs = TRY_MS;

  /**
   * @param since From when on no write has waited.
   * @param writes How many there were since.
   * @param now When one of them found no room for the first time.
   */
  constructor(since: number, writes: number, now: number) {
    // Whose line is slow from the start has all that was written before him.
    const ms = now - since;
    const [from, lately] = ms < MAX_WINDOW_MS
      ? [since, writes]
      : [now - LATELY_MS, writes * LATELY_MS / ms];
    this.#at = from;
    this.#depth = lately;
    this.#writtenAt = this.#waitedAt = now;
    this.#window = { from, writes: lately, waitedMs: 0 };
  }

  /** A write was handed over. */
  wrote(now: number): void {
    const { from, waitedMs } = this.#window;
    if (waitedMs === 0 && now - from >= LATELY_MS) this.#begin(now, false);
    this.#pass(now);
    this.#depth++;
    this.#window.writes++;
    this.#writtenAt = now;
  }

  /** The next write is asked for. */
  room(now: number): void {
    const window = this.#window;
    const waited = now - this.#writtenAt;
    window.waitedMs += waited;
    this.#waitedAt = now;
    const ms = now - window.from;
    // Where all is full there is room for several at once: whole rounds are counted.
    if (ms < WINDOW_MS || (waited < ROUND_MS && ms < MAX_WINDOW_MS)) return;
    const waits = window.waitedMs > ms / 2;
    // The first of two filled what is on the way, and was faster than the line.
    if (waits && this.#waits) this.#slow(now, ms / window.writes);
    this.#begin(now, waits);
  }

  /** Whether another write would do more than lie and wait. */
  isLow(now: number): boolean {
    if (this.#eachMs === undefined) return true;
    if (now >= this.#tryAt) {
      this.#eachMs = undefined;
      this.#waitedAt = now;
      this.#depth = 0;
      this.#at = now;
      return true;
    }
    this.#pass(now);
    return this.#depth < 1;
  }

  /** Whether the line is as fast as any. */
  isOver(now: number): boolean {
    return this.#eachMs === undefined && now - this.#waitedAt > MAX_WINDOW_MS;
  }

  /** @param waits Whether the window that is over was one of waiting. */
  #begin(now: number, waits: boolean): void {
    const { from, writes } = this.#window;
    this.#window = { from: now, writes: 0, waitedMs: 0 };
    this.#waits = waits;
    if (waits || this.#eachMs !== undefined) return;
    // What was written before it has arrived.
    this.#depth = writes;
    this.#at = from;
  }

  #slow(now: number, eachMs: number): void {
    if (this.#eachMs === undefined) {
      // All that was written and cannot have arrived yet.
      this.#capacity = Math.max(1, this.#depth - (now - this.#at) / eachMs);
      this.#tryAt = now + this.#tryMs;
      this.#tryMs = Math.min(2 * this.#tryMs, TRY_MAX_MS);
    }
    this.#eachMs = MARGIN * eachMs;
    this.#depth = this.#capacity;
    this.#at = now;
  }

  #pass(now: number): void {
    if (this.#eachMs === undefined) return;
    this.#depth = Math.max(0, this.#depth - (now - this.#at) / this.#eachMs);
    this.#at = now;
  }
}

/** What every viewer of a stream needs. */
export interface StreamOptions {
  /** Where the viewer sits; given back when the connection is gone. */
  readonly place: Place;
  readonly fanOut: FanOut;
  /** Called once when the viewer has gone. */
  onLeave(): void;
}

/** One viewer. What it is written is up to the classes that stand on it. */
export abstract class StreamViewer implements Guest, UnderlyingDefaultSource<Uint8Array> {
  readonly #options: StreamOptions;
  /** Of who was too slow lately. */
  #backlog: Backlog | undefined;
  /** Writes since then, while nothing waits. */
  #since = 0;
  #writes = 0;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Set while the last that was known is that there is room. */
  #askAgain: (() => void) | undefined;
  #taken = 0;
  #left = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Its body, for the answer. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(this, { highWaterMark: 0 });
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.begin();
    this.#since = this.#options.fanOut.at;
    this.#options.place.seat(this);
  }

  /**
   * The connection has room. Where nothing is new for it the promise stays open until there is none
   * again: a stream does not ask meanwhile, and a picture for a fast line costs no call.
   */
  pull(): Promise<void> | void {
    this.#backlog?.room(this.#options.fanOut.at);
    if (!this.#write()) return new Promise((resolve) => this.#askAgain = resolve);
    if (this.#taken > 1) this.#fellBehind();
  }

  /** The client has gone. */
  cancel(): void {
    this.#leave();
    this.#options.place.free();
  }

  /** Where it is in the stream; undefined while it has taken all there is. */
  progress(): number | undefined {
    return this.#askAgain ? undefined : this.#taken;
  }

  /** Ends it behind what was handed over. */
  drop(): void {
    if (this.#left) return;
    this.#leave();
    this.#controller.close();
  }

  /** Writes what is new, now or as soon as there is room. To be called when something is. */
  protected offer(): void {
    if (!this.#askAgain || !this.#write() || this.#controller.desiredSize === 0) return;
    // Nobody took it: from now on what is new waits until all before it was taken.
    this.#fellBehind();
    this.#askAgain();
    this.#askAgain = undefined;
  }

  /** Hands bytes over. */
  protected enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    this.#controller.enqueue(bytes);
  }

  /** Called once, when the stream opens. */
  protected abstract begin(): void;

  /** Hands over what is new, by `enqueue`; says whether there was anything. */
  protected abstract write(now: number): boolean;

  #write(): boolean {
    const now = this.#options.fanOut.at;
    if (this.#left || this.#backlog?.isLow(now) === false || !this.write(now)) return false;
    this.#taken++;
    this.#writes++;
    if (!this.#backlog) return true;
    this.#backlog.wrote(now);
    if (!this.#backlog.isOver(now)) return true;
    this.#backlog = undefined;
    this.#since = now;
    this.#writes = 0;
    return true;
  }

  #fellBehind(): void {
    this.#backlog ??= new Backlog(this.#since, this.#writes, this.#options.fanOut.at);
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#options.onLeave();
  }
}
