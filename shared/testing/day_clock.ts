// A clock that a simulation moves.

import type { Clock } from "../clock.ts";
export type { Clock };

interface Timer {
  at: number;
  readonly everyMs?: number;
  readonly run: () => void;
}

/** Where simulated time is, ms since the start, and what is due. */
export const day = { ms: 0, start: Date.UTC(2026, 0, 1), timers: new Map<number, Timer>(), n: 0 };

export const systemClock: Clock = {
  now: () => day.start + day.ms,
  monotonic: () => day.ms,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = later(() => resolve(), ms);
      signal?.addEventListener("abort", () => {
        day.timers.delete(timer);
        reject(signal.reason);
      }, { once: true });
    }),
};

function later(run: () => void, ms: number, everyMs?: number): number {
  day.timers.set(++day.n, { at: day.ms + ms, everyMs, run });
  return day.n;
}

Object.assign(globalThis, {
  setInterval: (run: () => void, ms: number) => later(run, ms, ms),
  clearInterval: (timer: number | undefined) => void day.timers.delete(timer ?? 0),
});
