// Time that jumps from one sleeper to the next as soon as nobody has anything to do: a day in seconds.

import { setImmediate } from "node:timers";
import type { Clock } from "../clock.ts";

/** Turns of the microtask queue after which what was awake has come to rest. */
const TURNS = 40;

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A clock for simulations of long times. */
export class VirtualClock implements Clock {
  readonly #start = Date.UTC(2026, 0, 1);
  #time = 0;
  readonly #sleepers = new Set<Sleeper>();
  /** Whether something was done since the last step that takes more than microtasks. */
  #outside = false;

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#start + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#time + ms,
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Does something whose end needs the event loop, such as reading a response. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#outside = true;
      return await work();
    } finally {
      this.#outside = true;
    }
  }

  /** Lets `ms` pass. */
  async run(ms: number): Promise<void> {
    const end = this.#time + ms;
    await this.#settle();
    for (;;) {
      let next: Sleeper | undefined;
      for (const one of this.#sleepers) if (!next || one.at < next.at) next = one;
      if (!next || next.at > end) break;
      this.#sleepers.delete(next);
      this.#time = Math.max(this.#time, next.at);
      next.wake();
      await this.#settle();
    }
    this.#time = end;
  }

  async #settle(): Promise<void> {
    do {
      for (let turn = 0; turn < TURNS; turn++) await null;
      if (!this.#outside) return;
      this.#outside = false;
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (this.#outside);
  }
}
