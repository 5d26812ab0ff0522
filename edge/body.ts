// Reads an upload into the one buffer that it will be served from.

import type { Clock } from "../shared/clock.ts";
import { pacedBody, SlowBody } from "./limits/paced_body.ts";
import { FrameBuffer } from "./live_frame.ts";

/** A body that is on its way. */
export interface FrameBody {
  /**
   * Reads it into the one buffer that it will be served from; at once where all of it is there.
   *
   * @param maxBytes Larger bodies are refused, while they arrive at the latest.
   * @param tail What follows the frame in a stream (`partTail`).
   */
  read(maxBytes: number, tail: Uint8Array): BodyResult | Promise<BodyResult>;
}

/** The bytes, or why they were not taken. */
export type BodyResult =
  | { readonly ok: true; readonly buffer: FrameBuffer }
  | { readonly ok: false; readonly status: 400 | 408 | 413; readonly detail: string };

/** The body of a request. */
export function bodyOfRequest(request: Request, clock: Clock): FrameBody {
  return {
    read: (maxBytes, tail) =>
      readChunks(
        declaredLength(request),
        () => pacedBody(request.body ?? new Blob([]).stream(), clock),
        maxBytes,
        tail,
      ),
  };
}

/** The refusal of a body that is too large. */
export function tooLarge(maxBytes: number): BodyResult {
  return {
    ok: false,
    status: 413,
    detail: `Take a frame: it is larger than ${maxBytes} bytes, the most that is taken here.`,
  };
}

/** The refusal of a body whose line failed, or that came too slowly, after `size` bytes. */
export function brokenOff(size: number, error: unknown): BodyResult {
  const status = error instanceof SlowBody ? 408 : 400;
  return { ok: false, status, detail: `Take a frame: ${size} bytes, then ${error}.` };
}

/**
 * Reads chunks.
 *
 * With a `Content-Length` each chunk goes straight to its place; without one the chunks are kept and
 * joined once.
 */
async function readChunks(
  length: number | undefined,
  chunksOf: () => AsyncIterable<Uint8Array>,
  maxBytes: number,
  tail: Uint8Array,
): Promise<BodyResult> {
  if (length !== undefined && length > maxBytes) return tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  const buffer = length === undefined ? undefined : new FrameBuffer(length, tail);
  let size = 0;
  try {
    for await (const chunk of chunksOf()) {
      if (size + chunk.length > (length ?? maxBytes)) return tooLarge(maxBytes);
      if (buffer) buffer.jpeg.set(chunk, size);
      else chunks.push(chunk);
      size += chunk.length;
    }
  } catch (error) {
    return brokenOff(size, error);
  }
  if (buffer) {
    if (size === length) return { ok: true, buffer };
    return {
      ok: false,
      status: 400,
      detail: `Take a frame: it ended after ${size} of ${length} bytes.`,
    };
  }
  const joined = new FrameBuffer(size, tail);
  let offset = 0;
  for (const chunk of chunks) {
    joined.jpeg.set(chunk, offset);
    offset += chunk.length;
  }
  return { ok: true, buffer: joined };
}

function declaredLength(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
