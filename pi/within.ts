// A deadline for work that may never end, on the monotonic clock.

import type { Clock } from "../shared/clock.ts";

/**
 * Runs `work` with a signal that aborts with `signal`, or after `ms`.
 *
 * Removes its listener when done: `AbortSignal.any` on a signal as long-lived as the program's own
 * would pile up one dependent per frame.
 *
 * @throws What `work` throws; for the deadline that is a `TimeoutError`.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  clock.sleep(ms, controller.signal).then(
    () => controller.abort(new DOMException(`No answer within ${ms / 1000} s`, "TimeoutError")),
    () => {},
  );
  try {
    return await work(controller.signal);
  } finally {
    signal.removeEventListener("abort", onAbort);
    controller.abort();
  }
}
