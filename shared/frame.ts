// What a frame is, everywhere: whole JPEG bytes that nobody changes once they are published.

import type { CameraSeq } from "./wire.ts";

/** The camera used where none is named. */
export const DEFAULT_CAM = "cam";

/** A camera id: lower-case letters, digits and dashes, at most 32, not starting with a dash. */
export const CAM_PATTERN: RegExp = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Whether `text` may name a camera. */
export function isCamId(text: string): boolean {
  return CAM_PATTERN.test(text);
}

/** What is known of a frame without its bytes. Times are Unix milliseconds. */
export interface FrameMeta {
  /** The edge's receive time in ms, bumped so that it grows strictly per camera. */
  readonly version: number;
  /** Bytes of JPEG. */
  readonly size: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** When it was taken, by the edge's clock and what the camera says of its age. */
  readonly capturedAt: number;
  /** When the edge had the last byte. */
  readonly receivedAt: number;
  /** Set in the store where the camera fell silent after this frame: there is no newer one. */
  readonly silent?: boolean;
  /** The camera's own count, which tells an older frame of the same run whatever the clocks say. */
  readonly seq?: CameraSeq;
}

/** One whole picture of one camera. */
export interface Frame extends FrameMeta {
  /** The camera's id. */
  readonly cam: string;
  /** A complete JPEG. Shared by every reader: never written to. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** The description alone, without what a store or a hub adds to it. */
export function metaOf(of: FrameMeta): FrameMeta {
  const { version, size, width, height, capturedAt, receivedAt, silent, seq } = of;
  const meta = { version, size, width, height, capturedAt, receivedAt };
  return { ...meta, ...silent ? { silent } : {}, ...seq ? { seq } : {} };
}
