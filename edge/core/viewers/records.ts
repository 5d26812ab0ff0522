// The page's stream: pictures and states of one camera or several as records, in one answer without
// end. A viewer whose line is slow gets the newest picture of each camera when there is room.

import type { HelloMessage, StatusMessage } from "../../../shared/viewer_messages.ts";
import type { Clock } from "../../../shared/clock.ts";
import { encodeMessage } from "../../../shared/wire_frame.ts";
import type { CameraStatus } from "../../../shared/wire.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { type FanOut, type StreamOptions, StreamViewer } from "./fan_out.ts";
import type { Watched } from "./socket.ts";

/** What a stream of records is made from. */
export interface RecordOptions extends Pick<StreamOptions, "place"> {
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly watched: readonly Watched[];
  readonly fanOut: FanOut;
}

/** The states of all cameras, and the numbers that they have in headers. */
export function helloRecord(
  cameras: readonly CameraHub[],
  clock: RecordOptions["clock"],
): Uint8Array<ArrayBuffer> {
  const cams = cameras.map((camera) => ({ camera: camera.camera, status: camera.status() }));
  const now = clock.now();
  const hello: HelloMessage = { type: "hello", now, upMs: clock.monotonic(), cams };
  return encodeMessage(hello, now);
}

/** The body of a stream's answer. Its reader counts as a viewer of each camera until it has gone. */
export function recordStream(options: RecordOptions): ReadableStream<Uint8Array> {
  return new RecordViewer(options).stream();
}

/** A status as a record, made once for all viewers. */
const statusRecords = new WeakMap<CameraStatus, Uint8Array<ArrayBuffer>>();

interface Subscription extends Watched {
  sentSeq: number;
}

class RecordViewer extends StreamViewer {
  readonly #options: RecordOptions;
  readonly #subscriptions: readonly Subscription[];
  /** The one whose turn it is. */
  #next = 0;
  /** States to be told. */
  readonly #news = new Map<CameraHub, CameraStatus>();
  readonly #cleanups: (() => void)[] = [];

  constructor(options: RecordOptions) {
    super({
      place: options.place,
      fanOut: options.fanOut,
      onLeave: () => {
        for (const cleanup of this.#cleanups.splice(0)) cleanup();
      },
    });
    this.#options = options;
    this.#subscriptions = options.watched.map((one) => ({ ...one, sentSeq: 0 }));
    for (const { camera, release } of options.watched) {
      this.#cleanups.push(camera.viewers.attach(), release);
    }
  }

  protected begin(): void {
    const { watched, fanOut, clock } = this.#options;
    this.enqueue(helloRecord(watched.map(({ camera }) => camera), clock));
    for (const subscription of this.#subscriptions) {
      const { camera, frames } = subscription;
      this.#cleanups.push(
        fanOut.subscribe(frames, this),
        camera.statusChanges.onSet(({ value }) => {
          this.#news.set(camera, value);
          this.onFrame();
        }),
      );
    }
  }

  protected write(): boolean {
    return (this.#news.size > 0 && this.#writeStatus()) || this.#writeFrame();
  }

  #writeStatus(): boolean {
    const [[camera, status]] = this.#news;
    this.#news.delete(camera);
    let record = statusRecords.get(status);
    if (!record) {
      const { clock } = this.#options;
      const now = clock.now();
      const message: StatusMessage = { type: "status", now, upMs: clock.monotonic(), status };
      statusRecords.set(status, record = encodeMessage(message, now));
    }
    this.enqueue(record);
    return true;
  }

  #writeFrame(): boolean {
    for (let waited = 0; waited < this.#subscriptions.length; waited++) {
      const subscription = this.#subscriptions[this.#next];
      this.#next = (this.#next + 1) % this.#subscriptions.length;
      const { camera, frames, sentSeq } = subscription;
      if (!frames.value || frames.seq === sentSeq) continue;
      if (sentSeq > 0) camera.skipped += frames.seq - sentSeq - 1;
      subscription.sentSeq = frames.seq;
      camera.sentBytes += frames.value.record.length;
      this.enqueue(frames.value.record);
      return true;
    }
    return false;
  }
}
