// MJPEG: a viewer gets the newest picture whenever its connection has room. There is no queue, so
// none can grow; all viewers share the frame's own bytes. The next part's head is sent right behind
// each frame: Chromium paints a part only once the next one's head has arrived (Chromium issue
// 527446), and a boundary alone does not do.

import type { Latest } from "../../../shared/latest.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { type StreamOptions, StreamViewer } from "./fan_out.ts";
import type { LiveFrame } from "../ingest/ingest.ts";

/** Headers of a stream's answer, whose parts are divided by `boundary`. */
export function streamHeaders(boundary: string): Readonly<Record<string, string>> {
  return {
    "content-type": `multipart/x-mixed-replace; boundary=${boundary}`,
    "cache-control": "no-store",
    // nginx would otherwise collect frames before it passes them on.
    "x-accel-buffering": "no",
  };
}

/** A boundary that no JPEG contains by chance: 128 random bits. */
export function randomBoundary(random: () => number): string {
  let hex = "";
  for (let i = 0; i < 8; i++) {
    hex += Math.floor(random() * 0x10000).toString(16).padStart(4, "0");
  }
  return `perch-${hex}`;
}

/** What opens a stream: the first boundary and the head of the first part. */
export function streamOpening(boundary: string): string {
  return `--${boundary}\r\n${PART_HEAD}`;
}

/** What follows each frame: the boundary and the head of the part to come, without a length. */
export function partTail(boundary: string): string {
  return `\r\n--${boundary}\r\n${PART_HEAD}`;
}

/** Head of one part in the classic framing, for readers that insist on a length. */
export function partHeadWithLength(boundary: string, size: number): string {
  return `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${size}\r\n\r\n`;
}

const PART_HEAD = "Content-Type: image/jpeg\r\n\r\n";

/** Says which of the frames that arrive, at monotonic ms, are due at `fps` on average; without a timer. */
export function thinnedTo(fps: number): (now: number) => boolean {
  const gap = 1000 / fps;
  let due = -Infinity;
  return (now) => {
    if (now < due) return false;
    due = (now - due > gap ? now : due) + gap;
    return true;
  };
}

/** How a stream is wanted. */
export interface MjpegOptions extends StreamOptions {
  readonly camera: CameraHub;
  /** What is shown: `camera.displayed`, or the same at another width. */
  readonly frames: Latest<LiveFrame>;
  /** Sent once, before the first frame; undefined = nothing. */
  readonly opening?: Uint8Array<ArrayBuffer>;
  /** Most frames a second; undefined = all. */
  readonly fps?: number;
  /** Hands over one frame's bytes. Default: its part. */
  readonly write?: (frame: LiveFrame, enqueue: (bytes: Uint8Array<ArrayBuffer>) => void) => void;
}

/** The body of a stream's answer. Its reader counts as a viewer of the camera until it has gone. */
export function mjpegStream(options: MjpegOptions): ReadableStream<Uint8Array> {
  return new MjpegViewer(options).stream();
}

class MjpegViewer extends StreamViewer {
  readonly #camera: CameraHub;
  readonly #frames: Latest<LiveFrame>;
  readonly #writeFrame: MjpegOptions["write"];
  readonly #isDue: ((now: number) => boolean) | undefined;
  readonly #join: () => void;
  #seq = 0;

  constructor({ camera, frames, fanOut, place, opening, fps, write, onLeave }: MjpegOptions) {
    const cleanups = [camera.viewers.attach(), onLeave];
    super({ place, fanOut, onLeave: () => cleanups.splice(0).forEach((cleanup) => cleanup()) });
    this.#camera = camera;
    this.#frames = frames;
    this.#writeFrame = write;
    this.#isDue = fps === undefined ? undefined : thinnedTo(fps);
    this.#join = () => {
      if (opening) this.enqueue(opening);
      cleanups.push(fanOut.subscribe(frames, this));
    };
  }

  protected begin(): void {
    this.#join();
  }

  protected write(now: number): boolean {
    const { value: frame, seq } = this.#frames;
    if (!frame || seq === this.#seq || this.#isDue?.(now) === false) return false;
    if (this.#seq > 0) this.#camera.skipped += seq - this.#seq - 1;
    this.#seq = seq;
    this.#camera.sentBytes += frame.part.length;
    if (this.#writeFrame) this.#writeFrame(frame, (bytes) => this.enqueue(bytes));
    else this.enqueue(frame.part);
    return true;
  }
}
