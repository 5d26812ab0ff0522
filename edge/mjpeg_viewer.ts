// One MJPEG viewer: gets the newest picture whenever its line has room. There is no queue, so none
// can grow; all viewers share the frame's own bytes.

import type { Latest } from "../shared/latest.ts";
import type { CameraHub } from "./camera_hub.ts";
import type { Guest, Place } from "./limits/viewer_gate.ts";
import type { LiveFrame } from "./live_frame.ts";
import { Pacer } from "./pacer.ts";

/** Where a stream is written. */
export interface PartSink {
  enqueue(bytes: Uint8Array<ArrayBuffer>): void;
  /** Whether all of it is on its way; where not, `room` is called once it is. */
  flushed(): boolean;
  /** Ends it when all of it is on its way. */
  close(): void;
  /** Ends it now. */
  drop(): void;
}

/** Writes one frame with the head of the next part behind it. */
export function writePart(sink: PartSink, { part }: LiveFrame): void {
  sink.enqueue(part);
}

/** Calls `onFrame` when a slot has a new frame, `onClose` when it is closed, until the returned function is called. */
export type Listen = (
  frames: Latest<LiveFrame>,
  onFrame: () => void,
  onClose: () => void,
) => () => void;

/** How a stream is wanted. */
export interface MjpegViewerOptions {
  /** What is shown: `camera.shown`, or the same at another width. */
  readonly frames: Latest<LiveFrame>;
  readonly listen: Listen;
  /** Called when the viewer has gone. */
  readonly onLeave?: () => void;
  /** Where the viewer sits; given back when the connection is gone. */
  readonly place: Place;
  /** Sent once, before the first frame; undefined = nothing. */
  readonly opening?: Uint8Array<ArrayBuffer>;
  /** Writes one frame. */
  readonly write: (sink: PartSink, frame: LiveFrame) => void;
  /** Most frames a second; undefined = all. */
  readonly fps?: number;
  /** Monotonic ms. */
  readonly now: () => number;
}

/** A stream's viewer; counts as one of `camera` from the start until it has gone. */
export class MjpegViewer implements Guest {
  readonly #camera: CameraHub;
  readonly #options: MjpegViewerOptions;
  readonly #pacer: Pacer | undefined;
  readonly #detach: () => void;
  #sink: PartSink | undefined;
  #seq = 0;
  /** Whether the next frame may go out. */
  #room = false;
  #stopListening = () => {};
  #left = false;

  constructor(camera: CameraHub, options: MjpegViewerOptions) {
    this.#camera = camera;
    this.#options = options;
    this.#pacer = options.fps === undefined ? undefined : new Pacer(options.fps);
    this.#detach = camera.attach();
  }

  /** Opens the stream. */
  start(sink: PartSink): void {
    const { opening, frames, listen, place } = this.#options;
    this.#sink = sink;
    if (opening) sink.enqueue(opening);
    this.#stopListening = listen(frames, () => this.#offer(), () => sink.close());
    place.seat(this);
    if (sink.flushed()) this.room();
  }

  /** The line has room: for the newest frame, or for the one to come. */
  room(): void {
    this.#room = true;
    this.#offer();
  }

  /** Where it is in the stream; undefined while it has taken all there is. */
  progress(): number | undefined {
    return this.#room ? undefined : this.#seq;
  }

  /** Ends it because it took nothing for long. */
  drop(): void {
    this.#leave();
    this.#sink?.drop();
  }

  /** The connection is gone. */
  gone(): void {
    this.#leave();
    this.#options.place.free();
  }

  #offer(): void {
    const { frames, write, now } = this.#options;
    const frame = frames.value;
    const sink = this.#sink;
    if (!this.#room || !sink || !frame || frames.seq === this.#seq || this.#left) return;
    if (this.#pacer && !this.#pacer.take(now())) return;
    if (this.#seq > 0) this.#camera.skipped += frames.seq - this.#seq - 1;
    this.#seq = frames.seq;
    this.#camera.sentBytes += frame.part.length;
    write(sink, frame);
    this.#room = sink.flushed();
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#stopListening();
    this.#detach();
    this.#options.onLeave?.();
  }
}
