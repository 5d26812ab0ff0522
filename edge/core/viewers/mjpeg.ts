// MJPEG: a viewer gets the newest picture whenever its connection has room. There is no queue, so
// none can grow; all viewers share the frame's own bytes. The next part's head is sent right behind
// each frame: Chromium paints a part only once the next one's head has arrived (Chromium issue
// 527446), and a boundary alone does not do.

import { type StreamOptions, StreamViewer, type Watched } from "./fan_out.ts";
import type { LiveFrame } from "../ingest/ingest.ts";

const PART_TYPE = "Content-Type: image/jpeg\r\n";
const NEW_LINE = new Uint8Array([13, 10]);
const encoder = new TextEncoder();

/** How the parts of every stream of an instance are divided. */
export class Multipart {
  readonly headers: Readonly<Record<string, string>>;
  /** What opens a stream: the first boundary and the head of the first part. */
  readonly opening: Uint8Array<ArrayBuffer>;
  /** What follows each frame: the boundary and the head of the part to come, without a length. */
  readonly tail: Uint8Array<ArrayBuffer>;
  readonly #boundary: string;
  #headed: LiveFrame | undefined;
  #head = NEW_LINE;

  constructor(random: () => number) {
    // 128 random bits, which no JPEG contains by chance.
    const words = Array.from({ length: 8 }, () => Math.floor(random() * 0x10000));
    const hex = words.map((word) => word.toString(16).padStart(4, "0")).join("");
    const boundary = this.#boundary = `perch-${hex}`;
    this.headers = {
      "content-type": `multipart/x-mixed-replace; boundary=${boundary}`,
      "cache-control": "no-store",
      // nginx would otherwise collect frames before it passes them on.
      "x-accel-buffering": "no",
    };
    this.opening = encoder.encode(`--${boundary}\r\n${PART_TYPE}\r\n`);
    this.tail = encoder.encode(`\r\n--${boundary}\r\n${PART_TYPE}\r\n`);
  }

  /** The head of a part in the classic framing, for readers that insist on a length; made once for all. */
  headOf(frame: LiveFrame): Uint8Array<ArrayBuffer> {
    if (this.#headed !== frame) {
      const length = `Content-Length: ${frame.size}\r\n\r\n`;
      this.#head = encoder.encode(`--${this.#boundary}\r\n${PART_TYPE}${length}`);
      this.#headed = frame;
    }
    return this.#head;
  }
}

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

export interface MjpegOptions extends StreamOptions {
  readonly parts: Multipart;
  readonly lengths: boolean;
  /** Most frames a second; undefined = all. */
  readonly fps?: number;
}

/** The body of a stream's answer. Its reader counts as a viewer of the camera until it has gone. */
export class MjpegViewer extends StreamViewer {
  readonly #watched: Watched;
  readonly #parts: Multipart;
  readonly #lengths: boolean;
  readonly #isDue: ((now: number) => boolean) | undefined;
  #seq = 0;

  constructor(watched: Watched, options: MjpegOptions) {
    super([watched], options);
    const { parts, lengths, fps } = options;
    this.#watched = watched;
    this.#parts = parts;
    this.#lengths = lengths;
    this.#isDue = fps === undefined ? undefined : thinnedTo(fps);
  }

  protected begin(): void {
    if (!this.#lengths) this.enqueue(this.#parts.opening);
  }

  protected write(now: number): boolean {
    const { camera, frames: { value: frame, seq } } = this.#watched;
    if (!frame || seq === this.#seq || this.#isDue?.(now) === false) return false;
    if (this.#seq > 0) camera.skipped += seq - this.#seq - 1;
    this.#seq = seq;
    camera.sentBytes += frame.part.length;
    if (this.#lengths) {
      for (const bytes of [this.#parts.headOf(frame), frame.jpeg, NEW_LINE]) this.enqueue(bytes);
    } else this.enqueue(frame.part);
    return true;
  }
}
