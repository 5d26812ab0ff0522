// Everybody who watches one slot, woken together: after the call that brought the frame, so that the
// camera has its answer before a thousand connections are written to. And a viewer behind a stream: it is
// written to when its connection has room. At most one picture waits
// when the connection turns out to be full; there is no queue, so none can grow.
//
// What lies in buffers between the edge and a viewer whose line is slow: the platform's, the kernel's, a
// proxy's, the viewer's own. Nobody says how much it is, but it shows: once all of them are full, writes
// wait most of the time, and go at the pace of the line. From then on only as much is written as the
// line carries, once the buffers have run empty, so that a picture waits only for its own transfer.

import type { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { Guest, Place } from "../limits/viewer_gate.ts";

/** Somebody who watches a slot. */
export interface Subscriber {
  /** The slot has a new frame; called soon after, once for however many came in between. */
  onFrame(): void;
  /** The slot is closed; called once. */
  onClose(): void;
}

/** What it needs. */
export interface FanOutOptions {
  /** Runs `work` when the current request has its answer. */
  soon(work: () => void): void;
  /** Monotonic ms. */
  now(): number;
  /** Told what a member threw. It is not woken again; the others are. */
  onFault(error: unknown): void;
}

/** Wakes who watches. */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #crowds = new WeakMap<Latest<LiveFrame>, Crowd>();
  readonly #turn = { at: 0 };

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** When somebody came or was woken last, monotonic ms: near enough for many who would each ask for the time. */
  get at(): number {
    return this.#turn.at;
  }

  /** Tells `subscriber` of what becomes of a slot. @returns A function that stops the calls. */
  subscribe(frames: Latest<LiveFrame>, subscriber: Subscriber): () => void {
    this.#turn.at = this.#options.now();
    let crowd = this.#crowds.get(frames);
    if (!crowd) this.#crowds.set(frames, crowd = new Crowd(frames, this.#options, this.#turn));
    return crowd.join(subscriber);
  }
}

class Crowd {
  readonly #frames: Latest<LiveFrame>;
  readonly #options: FanOutOptions;
  readonly #turn: { at: number };
  readonly #members = new Set<Subscriber>();
  #stopListening: (() => void) | undefined;
  #waking = false;

  constructor(frames: Latest<LiveFrame>, options: FanOutOptions, turn: { at: number }) {
    this.#frames = frames;
    this.#options = options;
    this.#turn = turn;
  }

  join(member: Subscriber): () => void {
    this.#members.add(member);
    this.#stopListening ??= this.#frames.onSet(() => this.#wake(), () => {
      // The last frame before the end is seen too.
      if (this.#waking) this.#each((one) => one.onFrame());
      this.#each((one) => one.onClose());
    });
    return () => {
      this.#members.delete(member);
      if (this.#members.size > 0) return;
      this.#stopListening?.();
      this.#stopListening = undefined;
    };
  }

  #wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    this.#options.soon(() => {
      this.#waking = false;
      this.#turn.at = this.#options.now();
      this.#each((member) => member.onFrame());
    });
  }

  #each(tell: (member: Subscriber) => void): void {
    for (const member of this.#members) {
      try {
        tell(member);
      } catch (error) {
        this.#members.delete(member);
        this.#options.onFault(error);
      }
    }
  }
}

/** What lies in buffers once writes begin to wait was written within this time, ms. */
const LATELY_MS = 1000;

/** A line on which no write waited for so long is a fast one, ms. */
const FAST_MS = 8000;

/** A write that waits for so long found all buffers full, ms. */
const FULL_MS = 150;

/** Writes from one full moment to another that tell a line's pace: so many, or fewer in a longer time. */
const ENOUGH_WRITES = 6;
const FEW_WRITES = 3;
const ENOUGH_MS = 8000;

/** Less than the line seems to carry, so that what lies there runs empty. */
const MARGIN = 1.11;

/** After this time it is tried whether the line has become faster, ms; twice as long each time. */
const TRY_MS = 60_000;
const TRY_MAX_MS = 480_000;

/** The backlog of one viewer. Times are monotonic ms. */
export class Backlog {
  /** Ms that the line takes for one write; undefined where it is fast enough, as far as is known. */
  #eachMs: number | undefined;
  /** Writes on the way at `#at`. */
  #depth: number;
  #at: number;
  /** Writes that fit into all that is on the way, once it was full. */
  #capacity = 0;
  #writtenAt: number;
  #waitedAt: number;
  /** Since when it was full, and what came after. */
  #sinceFull: { readonly from: number; writes: number; waitedMs: number } | undefined;
  #tryAt = Infinity;
  #tryMs = TRY_MS;

  /**
   * @param since From when on no write has waited.
   * @param writes How many there were since.
   * @param now When one of them found no room for the first time.
   */
  constructor(since: number, writes: number, now: number) {
    // Whose line is slow from the start has all that was written before him.
    const isNew = now - since < FAST_MS;
    this.#at = isNew ? since : now - LATELY_MS;
    this.#depth = isNew ? writes : writes * LATELY_MS / (now - since);
    this.#writtenAt = this.#waitedAt = now;
  }

  /** A write was handed over. */
  wrote(now: number): void {
    this.#pass(now);
    this.#depth++;
    if (this.#sinceFull) this.#sinceFull.writes++;
    this.#writtenAt = now;
  }

  /** The next write is asked for. */
  room(now: number): void {
    const waited = now - this.#writtenAt;
    this.#waitedAt = now;
    if (this.#sinceFull) this.#sinceFull.waitedMs += waited;
    // Where all is full there is room for several at once: whole rounds are counted.
    if (waited < FULL_MS) return;
    if (this.#sinceFull) {
      const { from, writes, waitedMs } = this.#sinceFull;
      const ms = now - from;
      const tells = writes >= ENOUGH_WRITES || (writes >= FEW_WRITES && ms >= ENOUGH_MS);
      if (this.#eachMs === undefined && !tells) return;
      const isSlow = this.#eachMs !== undefined || waitedMs > ms / 2;
      if (isSlow && writes > 0) this.#slow(now, ms / writes);
    }
    this.#sinceFull = { from: now, writes: 0, waitedMs: 0 };
  }

  /** Whether another write would do more than lie and wait. */
  isLow(now: number): boolean {
    if (this.#eachMs === undefined) return true;
    if (now >= this.#tryAt) {
      this.#eachMs = this.#sinceFull = undefined;
      this.#waitedAt = this.#at = now;
      this.#depth = 0;
      return true;
    }
    this.#pass(now);
    return this.#depth < 1;
  }

  /** Whether the line is as fast as any. */
  isOver(now: number): boolean {
    return this.#eachMs === undefined && now - this.#waitedAt > FAST_MS;
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

/**
 * One viewer; subclasses choose what to write. All that a picture needs is in this one object: with a
 * thousand viewers each further one is a cache miss.
 */
export abstract class StreamViewer
  implements Guest, Subscriber, UnderlyingDefaultSource<Uint8Array> {
  readonly #fanOut: FanOut;
  readonly #place: Place;
  readonly #onLeave: () => void;
  /** Of who was too slow lately. */
  #backlog: Backlog | undefined;
  /** Writes since then, while nothing waits. */
  #since = 0;
  #writes = 0;
  #startedAt = 0;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Set while the last that was known is that there is room. */
  #askAgain: (() => void) | undefined;
  #taken = 0;
  #left = false;

  constructor({ fanOut, place, onLeave }: StreamOptions) {
    this.#fanOut = fanOut;
    this.#place = place;
    this.#onLeave = onLeave;
  }

  /** Its body, for the answer. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(this, { highWaterMark: 0 });
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.begin();
    this.#since = this.#startedAt = this.#fanOut.at;
    this.#place.seat(this);
  }

  /**
   * The connection has room. Where nothing is new for it the promise stays open until there is none
   * again: a stream does not ask meanwhile, and a picture for a fast line costs no call.
   */
  pull(): Promise<void> | void {
    this.#backlog?.room(this.#fanOut.at);
    if (!this.#write()) return new Promise((resolve) => this.#askAgain = resolve);
  }

  /** The client has gone. */
  cancel(): void {
    this.#leave();
    this.#place.free();
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

  onClose(): void {
    this.drop();
  }

  /** Writes what is new, now or as soon as there is room. To be called when something is. */
  onFrame(): void {
    if (!this.#askAgain) {
      if (this.#taken > 0) this.#fellBehind();
      return;
    }
    if (!this.#write()) return;
    const isTaken = this.#controller.desiredSize === 0;
    // A line that has shown itself fast is not asked whether it has room: that would cost a call a picture.
    if (isTaken && this.#fanOut.at - this.#startedAt > FAST_MS) return;
    // Nobody took it: from now on what is new waits until all before it was taken.
    if (!isTaken) this.#fellBehind();
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
    const now = this.#fanOut.at;
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
    this.#backlog ??= new Backlog(this.#since, this.#writes, this.#fanOut.at);
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#onLeave();
  }
}
