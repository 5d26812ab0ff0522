// Reads an upload into the one buffer that it will be served from.

import type { Clock } from "../shared/clock.ts";
import { pacedBody, SlowBody } from "./limits/paced_body.ts";
import { FrameBuffer } from "./live_frame.ts";

/** A body that is on its way. */
export interface FrameBody {
  /** Bytes it says it has; undefined where it does not say. */
  readonly length: number | undefined;
  /** What comes, as it comes. @throws {SlowBody} When too little does; whatever the line fails with. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** The body of a request. */
export function bodyOfRequest(request: Request, clock: Clock): FrameBody {
  return {
    length: declaredLength(request),
    chunks: () => pacedBody(request.body ?? new Blob([]).stream(), clock),
  };
}

/** The bytes, or why they were not taken. */
export type BodyResult =
  | { readonly ok: true; readonly buffer: FrameBuffer }
  | { readonly ok: false; readonly status: 400 | 408 | 413; readonly detail: string };

/**
 * Reads a body.
 *
 * With a `Content-Length` each chunk goes straight to its place; without one the chunks are kept and
 * joined once.
 *
 * @param maxBytes Larger bodies are refused while they arrive.
 * @param tail What follows the frame in a stream (`partTail`).
 */
export async function readFrameBody(
  body: FrameBody,
  maxBytes: number,
  tail: Uint8Array,
): Promise<BodyResult> {
  const tooLarge = {
    ok: false,
    status: 413,
    detail: `Take a frame: it is larger than ${maxBytes} bytes, the most that is taken here.`,
  } as const;
  const { length } = body;
  if (length !== undefined && length > maxBytes) return tooLarge;
  const chunks: Uint8Array[] = [];
  const buffer = length === undefined ? undefined : new FrameBuffer(length, tail);
  let size = 0;
  try {
    for await (const chunk of body.chunks()) {
      if (size + chunk.length > (length ?? maxBytes)) return tooLarge;
      if (buffer) buffer.jpeg.set(chunk, size);
      else chunks.push(chunk);
      size += chunk.length;
    }
  } catch (error) {
    const status = error instanceof SlowBody ? 408 : 400;
    return { ok: false, status, detail: `Take a frame: ${size} bytes, then ${error}.` };
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
