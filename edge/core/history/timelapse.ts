// The past replayed as a stream: keyframes from the oldest on, one each 1/fps s, the next one read
// while the last is shown.

import type { Clock } from "../../../shared/clock.ts";
import type { Multipart } from "../viewers/mjpeg.ts";

interface TimelapseOptions {
  /** Oldest first. */
  readonly frames: readonly unknown[];
  /** The JPEG at a place among them; undefined where it is gone meanwhile. */
  read(place: number): Promise<Uint8Array | undefined>;
  readonly parts: Pick<Multipart, "opening" | "tail">;
  readonly fps: number;
  readonly clock: Clock;
}

/** What a timelapse sends. It ends behind the last keyframe, where the store fails, and with `gone`. */
export async function* timelapse(
  { frames, read, parts, fps, clock }: TimelapseOptions,
  gone: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const startedAt = clock.monotonic();
  const begin = (at: number) =>
    at < frames.length ? read(at).then((jpeg) => ({ jpeg }), () => undefined) : undefined;
  let ahead = begin(0);
  let shown = 0;
  yield parts.opening;
  for (let at = 1;; at++) {
    const next = await ahead;
    ahead = begin(at);
    if (next && !next.jpeg) continue;
    // The last picture has its time too.
    const due = startedAt + shown++ * 1000 / fps;
    await clock.sleep(Math.max(0, due - clock.monotonic()), gone).catch(() => {});
    if (!next?.jpeg || gone.aborted) return;
    yield next.jpeg;
    yield parts.tail;
  }
}
