// From an upload to a published frame: bodies.ts read it into the one buffer that it will be served from;
// here it is validated, stripped and given a version. On refusal the old frame stays. The buffer is record,
// JPEG and multipart part at the same time: a frame is copied once on its way in and never again.
//
//   | 32-byte header | JPEG ................ | boundary and head of the next part |
//   |<------ record ----------------------->|
//                    |<------ part ---------------------------------------------->|

import type { CameraHub } from "../cameras/camera.ts";
import type { Frame, FrameMeta } from "../../../shared/frame.ts";
import { cleanJpeg } from "../../../shared/jpeg/markers.ts";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import type { CameraSeq } from "../../../shared/wire.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../../shared/wire_frame.ts";

/** The largest cameras have 64 million. A small file can claim far more, and take all of a viewer's memory. */
const MAX_PIXELS = 100_000_000;

export interface Upload {
  readonly buffer: FrameBuffer;
  /** Ms since it was taken, as far as that is known. */
  readonly ageMs: number;
  /** When it was taken, as the camera's clock says, Unix ms. */
  readonly capturedAt?: number;
  readonly seq?: CameraSeq;
  /** The version that the camera's frame before this one got, wherever it went. */
  readonly last?: number;
}

/** A frame that is published, or why it is not, with the HTTP status that says so. */
export type IngestResult =
  | { readonly ok: true; readonly frame: LiveFrame }
  | {
    readonly ok: false;
    readonly status: 400 | 409 | 422 | 503;
    readonly detail: string;
    readonly offset?: number;
    readonly retryAfter?: number;
  };

/**
 * How much age the camera's clock may add to a picture, ms. If it says more the clock is wrong, as on a Pi
 * without a battery clock.
 */
const MAX_CLOCK_LAG_MS = 2000;

/** How far another instance's clock may be ahead: a word of more would spoil all later versions. */
const MAX_VERSION_AHEAD_MS = 10 * 60_000;

/** Validates an upload and publishes it. On refusal the old frame stays. */
export function ingest(
  camera: CameraHub,
  upload: Upload,
  { now, stripMetadata }: { readonly now: number; readonly stripMetadata: boolean },
): IngestResult {
  if (camera.latest.closed) {
    const detail = "The edge is shutting down, or was told to forget this camera: send it again.";
    return { ok: false, status: 503, detail, retryAfter: 1 };
  }
  const late = camera.sessions.problem(upload.seq);
  if (late !== undefined) return { ok: false, status: 409, detail: late };
  const inspection = inspectJpeg(upload.buffer.jpeg);
  if (!inspection.ok) {
    const { problem, offset } = inspection;
    return { ok: false, status: 400, detail: `Not a whole JPEG: ${problem}`, offset };
  }
  const { width, height } = inspection;
  if (width * height > MAX_PIXELS) {
    const detail = `Take a frame: it has ${width}x${height} pixels, wanted at most ` +
      `${MAX_PIXELS / 1_000_000} million.`;
    return { ok: false, status: 422, detail };
  }
  const buffer = upload.buffer.with((jpeg) => cleanJpeg(jpeg, inspection, stripMetadata));
  noteLast(camera, upload.last, now);
  const meta: FrameMeta = {
    version: nextVersion(now, camera.newestVersion),
    size: buffer.jpeg.length,
    width,
    height,
    capturedAt: captureTime(upload, now),
    receivedAt: now,
    seq: upload.seq,
  };
  return { ok: true, frame: camera.publish(buffer, meta) };
}

/** Learns from `Perch-Last` which version another instance gave: a load balancer may send some there. */
function noteLast(camera: CameraHub, version: number | undefined, now: number): void {
  if (version === undefined || version <= camera.newestVersion) return;
  if (camera.contact.receiving) camera.contact.leftOut();
  if (version - now < MAX_VERSION_AHEAD_MS) camera.raise(version);
}

/** When a picture was taken, by this clock. */
function captureTime({ ageMs, capturedAt }: Upload, now: number): number {
  const takenAt = Math.max(0, Math.round(now - ageMs));
  const lagMs = takenAt - (capturedAt ?? takenAt);
  return lagMs > 0 && lagMs <= MAX_CLOCK_LAG_MS ? takenAt - lagMs : takenAt;
}

/** The version for a frame received at `now`: grows strictly even when the clock jumps back. */
export function nextVersion(now: number, last: number): number {
  return Math.max(Math.floor(now), last + 1);
}

export interface LiveFrame extends Frame {
  /** Header and JPEG: one message of a socket, one record of a stream. */
  readonly record: Uint8Array<ArrayBuffer>;
  /** JPEG, boundary and the head of the next part: one write of an MJPEG stream. */
  readonly part: Uint8Array<ArrayBuffer>;
  /** `"<version>"`, as an ETag. */
  readonly etag: string;
  readonly own: boolean;
}

/** Room for a JPEG of `size` bytes with what goes before and behind it. */
export class FrameBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly #tail: Uint8Array;

  /** @param tail What follows each frame of a stream (`partTail`). */
  constructor(size: number, tail: Uint8Array) {
    this.bytes = new Uint8Array(FRAME_HEADER_BYTES + size + tail.length);
    this.jpeg = this.bytes.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + size);
    this.#tail = tail;
  }

  static of(jpeg: Uint8Array, tail: Uint8Array): FrameBuffer {
    const buffer = new FrameBuffer(jpeg.length, tail);
    buffer.jpeg.set(jpeg);
    return buffer;
  }

  /** This buffer, or a new one where `change` gives other bytes for the JPEG. */
  with(change: (jpeg: Uint8Array) => Uint8Array): FrameBuffer {
    const changed = change(this.jpeg);
    return changed === this.jpeg ? this : FrameBuffer.of(changed, this.#tail);
  }

  /** Writes header and tail, and gives the frame out: the bytes are as they stay. */
  finish(cam: string, camera: number, meta: FrameMeta, own = false): LiveFrame {
    const { bytes, jpeg } = this;
    const end = FRAME_HEADER_BYTES + jpeg.length;
    bytes.set(this.#tail, end);
    writeFrameHeader(bytes, { camera, ...meta, length: jpeg.length });
    return {
      ...meta,
      cam,
      jpeg,
      record: bytes.subarray(0, end),
      part: bytes.subarray(FRAME_HEADER_BYTES),
      etag: `"${meta.version}"`,
      own,
    };
  }
}
