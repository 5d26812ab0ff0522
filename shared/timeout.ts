// A scope, and a deadline, for work that may never end.

import type { Clock } from "./clock.ts";

/**
 * Runs `work` with a signal that aborts with `signal`, and in any case once `work` is done.
 *
 * Removes its listener then: `AbortSignal.any` on a signal as long-lived as the program's own would
 * pile up one dependent per frame.
 */
export async function scoped<T>(
  signal: AbortSignal,
  work: (scope: AbortController) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const scope = new AbortController();
  const onAbort = () => scope.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await work(scope);
  } finally {
    signal.removeEventListener("abort", onAbort);
    scope.abort();
  }
}

/**
 * Runs `work` with a signal that aborts with `signal`, or after `ms` on the monotonic clock.
 *
 * @throws What `work` throws; where it heeds the deadline that is a `TimeoutError`.
 */
export function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return scoped(signal, (scope) => {
    clock.sleep(ms, scope.signal).then(
      () => scope.abort(new DOMException(`No answer within ${ms / 1000} s`, "TimeoutError")),
      () => {},
    );
    return work(scope.signal);
  });
}

/** Resolves once `signal` aborts. */
export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
