// A viewer behind a stream that the platform pulls from: it is written to when its connection has room,
// and only then. There is no queue, so none can grow.

import type { Guest, Place } from "../limits/viewer_gate.ts";
import { Backlog } from "./backlog.ts";
import type { FanOut } from "./fan_out.ts";

/** What every viewer of a stream needs. */
export interface PullOptions {
  /** Where the viewer sits; given back when the connection is gone. */
  readonly place: Place;
  readonly fanOut: FanOut;
  /** Called once when the viewer has gone. */
  onLeave(): void;
}

/** One viewer. What it is written is up to the classes that stand on it. */
export abstract class PullViewer implements Guest, UnderlyingDefaultSource<Uint8Array> {
  readonly #options: PullOptions;
  #backlog!: Backlog;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #room = false;
  #taken = 0;
  #left = false;

  constructor(options: PullOptions) {
    this.#options = options;
  }

  /** Its body, for the answer. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(this, { highWaterMark: 0 });
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.begin();
    this.#backlog = new Backlog(this.#options.fanOut.at);
    this.#options.place.seat(this);
  }

  /** The connection has room: for what is new, or for what is to come. */
  pull(): void {
    this.#room = true;
    this.#backlog.room(this.#options.fanOut.at);
    this.offer();
  }

  /** The client has gone. */
  cancel(): void {
    this.#leave();
    this.#options.place.free();
  }

  /** Where it is in the stream; undefined while it has taken all there is. */
  progress(): number | undefined {
    return this.#room ? undefined : this.#taken;
  }

  /** Ends it behind what was handed over. */
  drop(): void {
    if (this.#left) return;
    this.#leave();
    this.#controller.close();
  }

  /** Writes what is new, where there is room. To be called when something is. */
  protected offer(): void {
    if (!this.#room || this.#left) return;
    const now = this.#options.fanOut.at;
    if (!this.#backlog.isLow(now) || !this.write(now)) return;
    this.#backlog.wrote(now);
    this.#room = false;
    this.#taken++;
  }

  /** Hands bytes over. */
  protected enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    this.#controller.enqueue(bytes);
  }

  /** Called once, when the stream opens. */
  protected abstract begin(): void;

  /** Hands over what is new, by `enqueue`; says whether there was anything. */
  protected abstract write(now: number): boolean;

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#options.onLeave();
  }
}
