// Time that moves only when a test says so.

import { setImmediate } from "node:timers";
import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A clock for tests. Wall and monotonic time can be moved apart with `jump`. */
export class FakeClock implements Clock {
  #mono = 0;
  #wall: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #outside: { readonly busy: () => boolean; hopeless: boolean }[] = [];

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
    return this.#sleepers.size;
  }

  /** Moves wall time only, as a clock being set does. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Has time wait while something outside is at work, such as a real store; in vain only once. */
  waitFor(busy: () => boolean): void {
    this.#outside.push({ busy, hopeless: false });
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
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
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves both clocks on, waking sleepers in their order and letting what they wake run. */
  async tick(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await this.settle();
    for (;;) {
      let next: Sleeper | undefined;
      for (const one of this.#sleepers) if (!next || one.at < next.at) next = one;
      if (!next || next.at > end) break;
      this.#sleepers.delete(next);
      this.#wall += Math.max(0, next.at - this.#mono);
      this.#mono = Math.max(this.#mono, next.at);
      next.wake();
      await this.settle();
    }
    this.#wall += end - this.#mono;
    this.#mono = end;
    await this.settle();
  }

  /** Lets every promise that is ready run, and what they start, as far as it ends soon. */
  protected async settle(): Promise<void> {
    let waited: number;
    do {
      waited = 0;
      await turns(3);
      for (const outside of this.#outside) {
        const end = performance.now() + (outside.hopeless ? 0 : PATIENCE_MS);
        const least = outside.hopeless ? 0 : LEAST_LOOKS;
        while (outside.busy() && (performance.now() < end || waited < least)) {
          if (++waited < 50) await turns(1);
          else await new Promise((resolve) => setTimeout(resolve, 0));
        }
        outside.hopeless = outside.busy();
      }
    } while (waited > 0);
  }
}

/** What is broken on purpose has no end. */
const PATIENCE_MS = 2000;

/** And what is well may have had no CPU meanwhile. */
const LEAST_LOOKS = 1000;

/** Lets the event loop go round. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Turns of the microtask queue after which what was awake has come to rest. */
const TURNS = 40;

/** The same for simulations of long times: a day in seconds, where little needs the event loop. */
export class VirtualClock extends FakeClock {
  /** Whether something was done since the last step that takes more than microtasks. */
  #outside = false;

  /** Does something whose end needs the event loop, such as reading a response. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#outside = true;
      return await work();
    } finally {
      this.#outside = true;
    }
  }

  protected override async settle(): Promise<void> {
    do {
      for (let turn = 0; turn < TURNS; turn++) await null;
      if (!this.#outside) return;
      this.#outside = false;
      await turns(3);
    } while (this.#outside);
  }
}
