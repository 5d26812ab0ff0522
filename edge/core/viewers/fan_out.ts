// Everybody who watches one slot, woken together: after the call that brought the frame, so that the
// camera has its answer before a thousand connections are written to. And a viewer behind a stream: it is
// written to when its connection has room. At most one picture waits when the connection turns out to be
// full; there is no queue, so none can grow.

import type { Latest } from "../../../shared/latest.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { Guest, Place } from "../limits/viewer_gate.ts";
import { Backlog, FAST_MS } from "./backlog.ts";

interface Subscriber {
  /** The slot has a new frame; called soon after, once for however many came in between. */
  onFrame(): void;
  /** The slot is closed; called once. */
  onClose(): void;
}

interface FanOutOptions {
  /** Runs `work` when the current request has its answer. */
  soon(work: () => void): void;
  /** Monotonic ms. */
  now(): number;
  /** Told what a member threw. It is not woken again; the others are. */
  onFault(error: unknown): void;
}

export class FanOut {
  /** When somebody came or was woken last, monotonic ms: near enough for many who would each ask for the time. */
  at = 0;
  readonly #options: FanOutOptions;
  /** What lets somebody join those who watch a slot. */
  readonly #crowds = new WeakMap<Latest<LiveFrame>, (member: Subscriber) => () => void>();

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** Tells `subscriber` of what becomes of a slot. @returns A function that stops the calls. */
  subscribe(frames: Latest<LiveFrame>, subscriber: Subscriber): () => void {
    this.at = this.#options.now();
    let join = this.#crowds.get(frames);
    if (!join) this.#crowds.set(frames, join = this.#crowd(frames));
    return join(subscriber);
  }

  #crowd(frames: Latest<LiveFrame>): (member: Subscriber) => () => void {
    const { soon, now, onFault } = this.#options;
    const members = new Set<Subscriber>();
    let stopListening: (() => void) | undefined;
    let waking = false;
    const each = (tell: (member: Subscriber) => void) => {
      for (const member of members) {
        try {
          tell(member);
        } catch (error) {
          members.delete(member);
          onFault(error);
        }
      }
    };
    const wake = () => {
      if (waking) return;
      waking = true;
      soon(() => {
        waking = false;
        this.at = now();
        each((member) => member.onFrame());
      });
    };
    const end = () => {
      // The last frame before the end is seen too.
      if (waking) each((one) => one.onFrame());
      each((one) => one.onClose());
    };
    return (member) => {
      members.add(member);
      stopListening ??= frames.onSet(wake, end);
      return () => {
        members.delete(member);
        if (members.size > 0) return;
        stopListening?.();
        stopListening = undefined;
      };
    };
  }
}

export interface Watched {
  readonly camera: CameraHub;
  /** One of the camera's slots, or the same at another width. */
  readonly frames: Latest<LiveFrame>;
  /** Called once when the viewer has gone. */
  release(): void;
}

export interface StreamOptions {
  /** Where the viewer sits; given back when the connection is gone. */
  readonly place: Place;
  readonly fanOut: FanOut;
}

/**
 * One viewer; subclasses choose what to write. All that a picture needs is in this one object: with a
 * thousand viewers each further one is a cache miss.
 */
export abstract class StreamViewer
  implements Guest, Subscriber, UnderlyingDefaultSource<Uint8Array> {
  readonly #fanOut: FanOut;
  readonly #place: Place;
  readonly #slots: readonly Latest<LiveFrame>[];
  /** Called once when the viewer has gone. */
  protected readonly cleanups: (() => void)[];
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

  constructor(watched: readonly Watched[], { fanOut, place }: StreamOptions) {
    this.#fanOut = fanOut;
    this.#place = place;
    this.#slots = watched.map(({ frames }) => frames);
    this.cleanups = watched.flatMap(({ camera, release }) => [camera.viewers.attach(), release]);
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(this, { highWaterMark: 0 });
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.begin();
    for (const frames of this.#slots) this.cleanups.push(this.#fanOut.subscribe(frames, this));
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

  protected enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    this.#controller.enqueue(bytes);
  }

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
    this.#left = true;
    for (const cleanup of this.cleanups.splice(0)) cleanup();
  }
}
