// From a JPEG that arrived to a published frame: what PUT, socket and legacy upload have in common.

import type { FrameMeta } from "../../../shared/frame.ts";
import { nextVersion } from "../../../shared/frame.ts";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import { stripMetadata } from "../../../shared/jpeg/strip.ts";
import type { CameraSeq } from "../../../shared/wire.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { FrameBuffer, type LiveFrame } from "./live_frame.ts";

/** What came in besides the bytes. */
export interface Upload {
  readonly buffer: FrameBuffer;
  /** Unix ms, as the camera says. */
  readonly capturedAt: number | undefined;
  readonly seq: CameraSeq | undefined;
  /** The version that the camera's frame before this one got, wherever it went. */
  readonly last: number | undefined;
}

/** A frame that is published, or why it is not, with the HTTP status that says so. */
export type IngestResult =
  | { readonly ok: true; readonly frame: LiveFrame }
  | {
    readonly ok: false;
    readonly status: 400 | 409;
    readonly detail: string;
    readonly offset?: number;
  };

/** What ingest goes by. */
export interface IngestOptions {
  /** Unix ms. */
  readonly now: number;
  readonly stripMetadata: boolean;
}

/** How far a camera's clock may be behind or ahead before its word is not taken. */
const MAX_CAPTURE_AGE_MS = 10 * 60_000;
const MAX_CAPTURE_AHEAD_MS = 5_000;

/** How far another instance's clock may be ahead: a word of more would spoil all later versions. */
const MAX_VERSION_AHEAD_MS = 10 * 60_000;

/** Checks an upload and publishes it to the camera's hub. On refusal the old frame stays. */
export function ingest(camera: CameraHub, upload: Upload, options: IngestOptions): IngestResult {
  const order = camera.order.check(upload.seq);
  if (!order.ok) return { ok: false, status: 409, detail: order.detail };
  const inspection = inspectJpeg(upload.buffer.jpeg);
  if (!inspection.ok) {
    const { problem, offset } = inspection;
    return { ok: false, status: 400, detail: `Not a whole JPEG: ${problem}`, offset };
  }
  const stripped = options.stripMetadata && inspection.metadata;
  const buffer = stripped ? upload.buffer.with(stripMetadata) : upload.buffer;
  camera.noteUpload(upload.seq);
  noteLast(camera, upload.last, options.now);
  const meta: FrameMeta = {
    version: nextVersion(options.now, camera.newestVersion),
    size: buffer.jpeg.length,
    width: inspection.width,
    height: inspection.height,
    capturedAt: plausibleCapture(upload.capturedAt, options.now),
    receivedAt: options.now,
  };
  camera.report = undefined;
  return { ok: true, frame: camera.upload(buffer, meta) };
}

/** What the frame before this one says of other instances, which a load balancer may give some to. */
function noteLast(camera: CameraHub, version: number | undefined, now: number): void {
  if (version === undefined || version <= camera.newestVersion) return;
  if (camera.contact.receiving) camera.contact.leftOut();
  if (version - now < MAX_VERSION_AHEAD_MS) camera.raise(version);
}

/** The camera's own time of capture, or `now` where its clock cannot be right. */
export function plausibleCapture(capturedAt: number | undefined, now: number): number {
  if (capturedAt === undefined) return now;
  const plausible = capturedAt <= now + MAX_CAPTURE_AHEAD_MS &&
    capturedAt >= now - MAX_CAPTURE_AGE_MS;
  return plausible ? capturedAt : now;
}
