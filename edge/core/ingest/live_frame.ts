// A frame as the edge hands it out: one buffer that is record, JPEG and multipart part at the
// same time, so that a frame is copied once on its way in and never again.
//
//   | 32-byte header | JPEG ................ | boundary and head of the next part |
//   |<------ record ----------------------->|
//                    |<------ part ---------------------------------------------->|

import type { Frame, FrameMeta } from "../../../shared/frame.ts";
import {
  FRAME_HEADER_BYTES,
  readFrameHeader,
  writeFrameHeader,
} from "../../../shared/wire_frame.ts";
import type { Picture } from "../platform.ts";

/** Where the JPEG starts in a frame's buffer. */
const JPEG_AT = FRAME_HEADER_BYTES;

/** A frame ready for every route. */
export interface LiveFrame extends Frame {
  /** Header and JPEG: one message of a socket, one record of a stream. */
  readonly record: Uint8Array<ArrayBuffer>;
  /** JPEG, boundary and the head of the next part: one write of an MJPEG stream. */
  readonly part: Uint8Array<ArrayBuffer>;
  /** `"<version>"`, as an ETag. */
  readonly etag: string;
  /** Whether the camera brought it to this instance itself. */
  readonly own: boolean;
}

/** Room for a JPEG of `size` bytes with what goes before and behind it. */
export class FrameBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the JPEG goes. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly #tail: Uint8Array;

  /** @param tail What follows each frame of a stream (`partTail`). */
  constructor(size: number, tail: Uint8Array) {
    this.bytes = new Uint8Array(JPEG_AT + size + tail.length);
    this.jpeg = this.bytes.subarray(JPEG_AT, JPEG_AT + size);
    this.#tail = tail;
  }

  /** A buffer that holds a copy of `jpeg`. */
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

  /** Writes header and tail, and gives the frame out. Nobody writes to the bytes after this. */
  finish(cam: string, camera: number, meta: FrameMeta, own = false): LiveFrame {
    writeFrameHeader(this.bytes, { camera, ...meta, length: this.jpeg.length });
    const end = JPEG_AT + this.jpeg.length;
    this.bytes.set(this.#tail, end);
    return {
      ...meta,
      cam,
      jpeg: this.jpeg,
      record: this.bytes.subarray(0, end),
      part: this.bytes.subarray(JPEG_AT),
      etag: `"${meta.version}"`,
      own,
    };
  }
}

/** The frame with another picture in place of its own. */
export function withPicture(frame: LiveFrame, { jpeg, width, height }: Picture): LiveFrame {
  const tail = frame.part.subarray(frame.jpeg.length);
  const { camera } = readFrameHeader(frame.record)!;
  const meta = { ...frame, size: jpeg.length, width, height };
  return FrameBuffer.of(jpeg, tail).finish(frame.cam, camera, meta);
}
