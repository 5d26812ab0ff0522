// "No signal" as a picture: streams have no words beside them, so the last picture itself must say
// that it is old. Drawn once for each frame that turned out to be the last.

import type { CameraHub } from "../cameras/camera.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { Platform } from "../platform.ts";
import { withPicture } from "./renditions.ts";

export function noSignal(
  { images, clock, readAsset }: Pick<Platform, "images" | "clock" | "readAsset">,
): (camera: CameraHub) => Promise<void> {
  const drawn = new WeakSet<LiveFrame>();
  return async function noSignal(camera) {
    const frame = camera.latest.value;
    const { state } = camera;
    if (!frame || (state !== "stale" && state !== "offline") || drawn.has(frame)) return;
    drawn.add(frame);
    // Not when it came by a clock that may have been set since.
    const now = clock.now();
    const lines = noSignalLines(now - camera.ageMs!, now);
    // Where nothing can be drawn, one that says so without a time.
    const picture = await images?.notice(frame.jpeg, lines).catch(() => undefined) ??
      { ...frame, jpeg: await readAsset("no-signal.jpg") };
    if (camera.latest.value === frame) camera.display(withPicture(frame, picture));
  };
}

/** `NO SIGNAL` and since when, in UTC: whoever reads a stream may be anywhere. */
export function noSignalLines(since: number, now: number): string[] {
  const iso = new Date(since).toISOString();
  const sameDay = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  const day = sameDay ? "" : `${iso.slice(0, 10)} `;
  return ["NO SIGNAL", `SINCE ${day}${iso.slice(11, 16)} UTC`];
}
