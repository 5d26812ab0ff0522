// "No signal" as a picture: streams have no words beside them, so the last picture itself must say
// that it is old. Drawn once for each frame that turned out to be the last.

import type { Clock } from "../../../shared/clock.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/live_frame.ts";
import type { ImageTools } from "../platform.ts";

/** What drawing needs. */
export interface NoSignalOptions {
  readonly images: ImageTools | undefined;
  readonly partTail: Uint8Array;
  readonly clock: Clock;
  /** A JPEG that says so without a time, for where nothing can be drawn. */
  readonly fallback: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** Watches over what the streams of all cameras show. */
export class NoSignal {
  readonly #options: NoSignalOptions;
  readonly #drawn = new WeakMap<CameraHub, number>();

  constructor(options: NoSignalOptions) {
    this.#options = options;
  }

  /** Looks at a camera, and shows the notice where its picture has become old. */
  async step(camera: CameraHub): Promise<void> {
    const frame = camera.latest.value;
    const { state } = camera;
    if (!frame || (state !== "stale" && state !== "offline")) return;
    if (this.#drawn.get(camera) === frame.version) return;
    this.#drawn.set(camera, frame.version);
    const notice = await this.#draw(frame, camera.camera);
    if (camera.latest.value === frame) camera.display(notice);
  }

  async #draw(frame: LiveFrame, camera: number): Promise<LiveFrame> {
    const { images, partTail, clock, fallback } = this.#options;
    const lines = noSignalLines(frame.receivedAt, clock.now());
    const picture = await images?.notice(frame.jpeg, lines).catch(() => undefined) ??
      { jpeg: await fallback(), width: frame.width, height: frame.height };
    return FrameBuffer.of(picture.jpeg, partTail).finish(frame.cam, camera, {
      ...frame,
      size: picture.jpeg.length,
      width: picture.width,
      height: picture.height,
    });
  }
}

/** `NO SIGNAL` and since when, in UTC: whoever reads a stream may be anywhere. */
export function noSignalLines(since: number, now: number): string[] {
  const iso = new Date(since).toISOString();
  const sameDay = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  const day = sameDay ? "" : `${iso.slice(0, 10)} `;
  return ["NO SIGNAL", `SINCE ${day}${iso.slice(11, 16)} UTC`];
}
