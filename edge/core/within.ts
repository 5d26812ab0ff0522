// Waiting with an end.

import type { Clock } from "../../shared/clock.ts";

/** Why the timer ends. Without a reason of ours each wait would have a DOMException made for it. */
const DONE = "the wait is over";

/**
 * What `wait` resolves to within `ms`; undefined where time ran out or the wait was ended.
 *
 * @param wait Starts the wait; its signal aborts when time has run out, or whoever waits has gone.
 * @param gone Aborts when there is nobody any more to wait for it: for a request its own `signal`.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  wait: (signal: AbortSignal) => Promise<T>,
  gone?: AbortSignal,
): Promise<T | undefined> {
  const timeout = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(() => timeout.abort(), () => {});
  try {
    return await wait(gone ? AbortSignal.any([timeout.signal, gone]) : timeout.signal);
  } catch {
    return undefined;
  } finally {
    done.abort(DONE);
  }
}
