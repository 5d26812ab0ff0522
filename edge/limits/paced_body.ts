// A body that has to keep coming: who sends a byte now and then would hold its buffer for ever.

import type { Clock } from "../../shared/clock.ts";

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
