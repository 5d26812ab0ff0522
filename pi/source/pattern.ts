// A camera for machines without one: a scene that moves, with clock and frame number. Only when asked
// for, never in place of a camera that is missing.

import type { Clock } from "../../shared/clock.ts";
import { PatternPicture } from "./pattern_picture.ts";
import type { FrameSource } from "./source.ts";

/** Size and pace of the pattern. */
export interface PatternOptions {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
  /** JPEG quality, 1 to 100. */
  readonly quality: number;
}

/** Makes the source. */
export function createPattern(
  { clock }: { readonly clock: Clock },
  { width, height, fps, quality }: PatternOptions,
): FrameSource {
  return {
    name: `pattern ${width}x${height} at ${fps} fps`,
    async run(signal, onBytes) {
      const picture = await PatternPicture.create(width, height);
      let due = clock.monotonic();
      for (let frame = 1; !signal.aborted; frame++) {
        onBytes(await picture.jpeg({ now: clock.now(), frame }, quality));
        due = nextDue(due, 1000 / fps, clock.monotonic());
        // An abort ends the wait, and then the loop.
        await clock.sleep(due - clock.monotonic(), signal).catch(() => {});
      }
    },
  };
}

/** When the next frame is due: a period after the last, but never in the past to be caught up with. */
function nextDue(last: number, period: number, now: number): number {
  return Math.max(last + period, now);
}
