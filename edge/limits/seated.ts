// A long answer that is no live stream (a film, a timelapse) holds a viewer's place as one does, and
// loses it as one does when nobody reads it.

import type { Place } from "./viewer_gate.ts";

/** `body`, looked at by the gate while it is read. */
export function seated(
  body: ReadableStream<Uint8Array>,
  place: Place,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let taken = 0;
  let reading = false;
  let dropped = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      place.seat({
        progress: () => reading ? undefined : taken,
        drop() {
          dropped = true;
          controller.close();
          reader.cancel().catch(() => {});
        },
      });
    },
    async pull(controller) {
      reading = true;
      const { done, value } = await reader.read();
      reading = false;
      taken++;
      if (dropped) return;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      // Here, not where the body ends: one that was never read does not hear of it.
      place.free();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
