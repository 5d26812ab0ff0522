// One MJPEG viewer: pulls when the socket has room and then gets the newest picture. There is no
// queue, so none can grow; all viewers share the frame's own bytes.

import type { CameraHub } from "./camera_hub.ts";
import type { Place } from "./limits/viewer_gate.ts";
import type { LiveFrame } from "./live_frame.ts";
import { Pacer } from "./pacer.ts";

/** How a stream is wanted. */
export interface MjpegStreamOptions {
  /** Where the viewer sits; given back when the stream is cancelled. */
  readonly place: Place;
  /** Sent once, before the first frame; undefined = nothing. */
  readonly opening?: Uint8Array;
  /** The chunks for a frame. */
  readonly chunks: (frame: LiveFrame) => readonly Uint8Array[];
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
  let seq = 0;
  let wanting = false;
  let stopListening = () => {};

  function send(
    controller: ReadableStreamDefaultController<Uint8Array>,
    item: { seq: number; value: LiveFrame },
  ): boolean {
    if (pacer && !pacer.take(options.now())) return false;
    if (seq > 0) camera.skipped += item.seq - seq - 1;
    seq = item.seq;
    for (const chunk of options.chunks(item.value)) controller.enqueue(chunk);
    return true;
  }

  function leave(): void {
    stopListening();
    detach();
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (options.opening) controller.enqueue(options.opening);
      stopListening = camera.shown.onSet((item) => {
        if (wanting) wanting = !send(controller, item);
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
      const value = camera.shown.value;
      const item = value && camera.shown.seq > seq ? { seq: camera.shown.seq, value } : undefined;
      wanting = !item || !send(controller, item);
    },
    // Deno calls this on hang-up at once; request.signal also fires after a good answer.
    cancel() {
      leave();
      options.place.free();
    },
  }, { highWaterMark: 0 });
}
