// Time as a thing that is passed in. Wall time is for showing and for versions; every delay is
// measured on the monotonic clock, because a Pi without a battery clock jumps by years at start.

/** Where a program gets its time from. */
export interface Clock {
  /** Wall time, Unix ms. */
  now(): number;
  /** Milliseconds that only grow, whatever happens to the wall clock. */
  monotonic(): number;
  /**
   * Resolves after `ms`; at once where it is 0 or less, after 24 days at the latest.
   *
   * @throws The signal's reason when aborted first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer of more ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, Math.min(Math.max(0, ms), MAX_TIMER_MS));
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};
