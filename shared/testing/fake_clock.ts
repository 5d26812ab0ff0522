// Time that moves only when a test says so.

import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A clock for tests. Wall and monotonic time can be moved apart with `jump`. */
export class FakeClock implements Clock {
  #mono = 0;
  #wall: number;
  #sleepers: Sleeper[] = [];

  /** @param wall Where wall time starts, Unix ms. */
  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#mono;
  }

  /** How many `sleep` calls are pending. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves wall time only, as a clock being set does. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#mono + ms,
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves both clocks on, waking sleepers in their order and letting what they wake run. */
  async tick(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, one) => one.at <= end && (!first || one.at < first.at) ? one : first,
        undefined,
      );
      if (!next) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#wall += Math.max(0, next.at - this.#mono);
      this.#mono = Math.max(this.#mono, next.at);
      next.wake();
      await settle();
    }
    this.#wall += end - this.#mono;
    this.#mono = end;
    await settle();
  }
}

/** Lets every promise that is ready run, and the macrotasks they start. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
