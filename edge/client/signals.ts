// Waiting and ending, in what phones of a few years ago understand.

/** A signal that aborts with the first of several. `AbortSignal.any` came to Safari in 2024 only. */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  const any = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) any.abort(signal.reason);
    else {
      signal.addEventListener("abort", () => any.abort(signal.reason), {
        once: true,
        signal: any.signal,
      });
    }
  }
  return any.signal;
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
