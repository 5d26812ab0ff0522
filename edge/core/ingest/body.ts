// Reads an upload into the one buffer that it will be served from. A body has to keep coming: who
// sends a byte now and then would hold its buffer for ever.

import type { Clock } from "../../../shared/clock.ts";
import { FrameBuffer } from "./live_frame.ts";

/** In each period at least this much: 1 KB a second, a tenth of the slowest phone network. */
export const PERIOD_MS = 10_000;
export const BYTES_PER_PERIOD = 10_240;

/** Why the watch ends. Without a reason of ours each upload would have a DOMException made for it. */
const ENDED = "the body has ended";

/** A body came too slowly and was given up. */
export class SlowBody extends Error {
  override name = "SlowBody";

  constructor() {
    super(`less than ${BYTES_PER_PERIOD} bytes in ${PERIOD_MS / 1000} s`);
  }
}

/** The bytes, or why they were not taken. */
export type BodyResult =
  | { readonly ok: true; readonly buffer: FrameBuffer }
  | { readonly ok: false; readonly status: 400 | 408 | 413; readonly detail: string };

/**
 * Reads the body of a request. With a `Content-Length` each chunk goes straight to its place; without
 * one the chunks are kept and joined once.
 *
 * @param maxBytes Larger bodies are refused, while they arrive at the latest.
 * @param tail What follows the frame in a stream (`partTail`).
 */
export async function readFrameBody(
  request: Request,
  clock: Clock,
  maxBytes: number,
  tail: Uint8Array,
): Promise<BodyResult> {
  const length = declaredLength(request);
  if (length !== undefined && length > maxBytes) return tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  const buffer = length === undefined ? undefined : new FrameBuffer(length, tail);
  let size = 0;
  try {
    for await (const chunk of pacedBody(request.body ?? new Blob([]).stream(), clock)) {
      if (size + chunk.length > (length ?? maxBytes)) return tooLarge(maxBytes);
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
    const detail = `Take a frame: it ended after ${size} of ${length} bytes.`;
    return { ok: false, status: 400, detail };
  }
  const joined = new FrameBuffer(size, tail);
  let offset = 0;
  for (const chunk of chunks) {
    joined.jpeg.set(chunk, offset);
    offset += chunk.length;
  }
  return { ok: true, buffer: joined };
}

function tooLarge(maxBytes: number): BodyResult {
  return {
    ok: false,
    status: 413,
    detail: `Take a frame: it is larger than ${maxBytes} bytes, the most that is taken here.`,
  };
}

function declaredLength(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The chunks of a body.
 *
 * @throws {SlowBody} When less came than has to; whatever the body itself fails with.
 */
export async function* pacedBody(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const ended = new AbortController();
  let received = 0;
  let slow = false;
  async function watch(): Promise<void> {
    for (let before = -1; !slow; before = received) {
      await clock.sleep(PERIOD_MS, ended.signal);
      slow = received - Math.max(0, before) < BYTES_PER_PERIOD;
    }
    await reader.cancel();
  }
  watch().catch(() => {}); // ended, or a body that has broken anyway
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      received += value.length;
      yield value;
    }
    if (slow) throw new SlowBody();
  } finally {
    ended.abort(ENDED);
    reader.cancel().catch(() => {});
  }
}
