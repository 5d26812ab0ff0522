// The page's stream: pictures and states of one camera or several as records, in one answer without
// end. A viewer whose line is slow gets the newest picture of each camera when there is room.

import type { Clock } from "../../../shared/clock.ts";
import { encodeMessage } from "../../../shared/wire_frame.ts";
import type { CameraStatus, HelloMessage, StatusMessage } from "../../../shared/wire.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { type StreamOptions, StreamViewer, type Watched } from "./fan_out.ts";

type Time = Pick<Clock, "now" | "monotonic">;

/** The states of all cameras, and the numbers that they have in headers. */
export function helloMessage(cameras: readonly CameraHub[], clock: Time): HelloMessage {
  const cams = cameras.map((camera) => ({ camera: camera.number, status: camera.status() }));
  return { type: "hello", now: clock.now(), upMs: clock.monotonic(), cams };
}

export function statusMessage(status: CameraStatus, clock: Time): StatusMessage {
  return { type: "status", now: clock.now(), upMs: clock.monotonic(), status };
}

export function recordOf(message: HelloMessage | StatusMessage): Uint8Array<ArrayBuffer> {
  return encodeMessage(message, message.now);
}

/** A status as a record, made once for all viewers. */
const statusRecords = new WeakMap<CameraStatus, Uint8Array<ArrayBuffer>>();

/** The body of a stream's answer. Its reader counts as a viewer of each camera until it has gone. */
export class RecordViewer extends StreamViewer {
  readonly #clock: Time;
  readonly #subscriptions: readonly (Watched & { sentSeq: number })[];
  #next = 0;
  readonly #news = new Map<CameraHub, CameraStatus>();

  constructor(watched: readonly Watched[], options: StreamOptions & { readonly clock: Time }) {
    super(watched, options);
    this.#clock = options.clock;
    this.#subscriptions = watched.map((one) => ({ ...one, sentSeq: 0 }));
  }

  protected begin(): void {
    const cameras = this.#subscriptions.map(({ camera }) => camera);
    this.enqueue(recordOf(helloMessage(cameras, this.#clock)));
    for (const camera of cameras) {
      this.cleanups.push(camera.statusChanges.onSet(({ value }) => {
        this.#news.set(camera, value);
        this.onFrame();
      }));
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
      record = recordOf(statusMessage(status, this.#clock));
      statusRecords.set(status, record);
    }
    this.enqueue(record);
    return true;
  }

  #writeFrame(): boolean {
    for (let waited = 0; waited < this.#subscriptions.length; waited++) {
      const subscription = this.#subscriptions[this.#next];
      this.#next = (this.#next + 1) % this.#subscriptions.length;
      const { camera, frames: { value, seq }, sentSeq } = subscription;
      if (!value || seq === sentSeq) continue;
      if (sentSeq > 0) camera.skipped += seq - sentSeq - 1;
      subscription.sentSeq = seq;
      camera.sentBytes += value.record.length;
      this.enqueue(value.record);
      return true;
    }
    return false;
  }
}
