// One MJPEG viewer: pulls when the socket has room and then gets the newest picture. There is no
// queue, so none can grow; all viewers share the frame's own bytes.

import type { Latest } from "../shared/latest.ts";
import type { CameraHub } from "./camera_hub.ts";
import type { Place } from "./limits/viewer_gate.ts";
import type { LiveFrame } from "./live_frame.ts";
import { Pacer } from "./pacer.ts";

/** The writing end of a stream. */
export type StreamController = ReadableStreamDefaultController<Uint8Array>;

/** How a stream is wanted. */
export interface MjpegStreamOptions {
  /** What is shown: `camera.shown`, or the same at another width. */
  readonly frames: Latest<LiveFrame>;
  /** Called when the viewer has gone. */
  readonly onLeave?: () => void;
  /** Where the viewer sits; given back when the stream is cancelled. */
  readonly place: Place;
  /** Sent once, before the first frame; undefined = nothing. */
  readonly opening?: Uint8Array;
  /** Writes one frame. */
  readonly write: (controller: StreamController, frame: LiveFrame) => void;
  /** Most frames a second; undefined = all. */
  readonly fps?: number;
  /** Monotonic ms. */
  readonly now: () => number;
}

/** The body of a stream response; counts as a viewer of `camera` until it is cancelled or ends. */
export function mjpegStream(
  camera: CameraHub,
  options: MjpegStreamOptions,
): ReadableStream<Uint8Array> {
  const pacer = options.fps === undefined ? undefined : new Pacer(options.fps);
  const detach = camera.attach();
  const { frames: shown } = options;
  let seq = 0;
  let wanting = false;
  let stopListening = () => {};

  /** Whether a frame went out; nothing is made for it but what the stream itself makes. */
  function send(controller: StreamController, frame: LiveFrame): boolean {
    if (pacer && !pacer.take(options.now())) return false;
    if (seq > 0) camera.skipped += shown.seq - seq - 1;
    seq = shown.seq;
    camera.sentBytes += frame.part.length;
    options.write(controller, frame);
    return true;
  }

  function leave(): void {
    stopListening();
    detach();
    options.onLeave?.();
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (options.opening) controller.enqueue(options.opening);
      stopListening = shown.onSet(({ value }) => {
        if (wanting) wanting = !send(controller, value);
      }, () => controller.close());
      options.place.seat({
        progress: () => wanting ? undefined : seq,
        drop() {
          leave();
          controller.close();
        },
      });
    },
    pull(controller) {
      const frame = shown.value;
      wanting = !frame || shown.seq === seq || !send(controller, frame);
    },
    // Deno calls this on hang-up at once; request.signal also fires after a good answer.
    cancel() {
      leave();
      options.place.free();
    },
  }, { highWaterMark: 0 });
}
