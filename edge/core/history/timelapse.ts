// The past replayed as a stream: keyframes from the oldest on, one each 1/fps s, the next one read
// while the last is shown.

import type { Clock } from "../../../shared/clock.ts";
import type { FrameMeta } from "../../../shared/frame.ts";
import { partTail, streamOpening } from "../viewers/mjpeg.ts";

export interface TimelapseOptions {
  /** Oldest first. */
  readonly frames: readonly FrameMeta[];
  /** The JPEG of a version; undefined where it is gone meanwhile. */
  read(version: number): Promise<Uint8Array | undefined>;
  readonly boundary: string;
  /** Frames a second. */
  readonly fps: number;
  readonly clock: Clock;
  /** Called once when it is over, or its viewer gone. */
  onEnd(): void;
}

/** The body of a timelapse. It ends behind the last keyframe. */
export function timelapseStream(options: TimelapseOptions): ReadableStream<Uint8Array> {
  const { frames, boundary, fps, clock } = options;
  const encoder = new TextEncoder();
  const tail = encoder.encode(partTail(boundary));
  const gone = new AbortController();
  const startedAt = clock.monotonic();
  let index = 0;
  let shown = 0;
  let ahead = read();

  function read(): Promise<Uint8Array | undefined> {
    if (index >= frames.length) return Promise.resolve(undefined);
    const reading = options.read(frames[index++].version);
    // Read ahead: when it fails nobody may be waiting for it yet, or any more.
    reading.catch(() => {});
    return reading;
  }

  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const last = index >= frames.length;
      const jpeg = await ahead;
      ahead = read();
      if (jpeg || last) return jpeg;
    }
  }

  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(streamOpening(boundary))),
    async pull(controller) {
      const due = startedAt + shown * 1000 / fps;
      await clock.sleep(Math.max(0, due - clock.monotonic()), gone.signal).catch(() => {});
      // A store that fails ends it, as the last picture does.
      const jpeg = gone.signal.aborted ? undefined : await next().catch(() => undefined);
      if (!jpeg) {
        options.onEnd();
        return controller.close();
      }
      shown++;
      controller.enqueue(jpeg);
      controller.enqueue(tail);
    },
    cancel() {
      gone.abort();
      options.onEnd();
    },
  }, { highWaterMark: 0 });
}
