// An MJPEG viewer behind a stream of the platform's own server, which pulls when its socket has room.

import type { MjpegViewer } from "./mjpeg_viewer.ts";

/** The body of a stream response; ends the viewer when it is cancelled. */
export function mjpegStream(viewer: MjpegViewer): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      viewer.start({
        enqueue: (bytes) => controller.enqueue(bytes),
        flushed: () => false,
        close: () => controller.close(),
        drop: () => controller.close(),
      });
    },
    pull: () => viewer.room(),
    // Deno calls this on hang-up at once; request.signal also fires after a good answer.
    cancel: () => viewer.gone(),
  }, { highWaterMark: 0 });
}
