// So many a second from each key, with a burst. One number a key (the generic cell rate algorithm):
// the time at which the key would be at rest again.

/** How much a key may do. */
export interface Rate {
  /** On average. */
  readonly perSecond: number;
  /** At once after a rest. */
  readonly burst: number;
}

/** More keys than this are not told apart: the one unused for longest is forgotten. */
const MAX_KEYS = 10_000;

/** Says who has to wait. Times are monotonic ms. */
export class RateLimiter {
  readonly #gap: number;
  readonly #slack: number;
  readonly #restAt = new Map<string, number>();

  constructor(rate: Rate) {
    this.#gap = 1000 / rate.perSecond;
    this.#slack = this.#gap * (rate.burst - 1);
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#restAt.size;
  }

  /** Whole seconds until `key` may go on; 0 where it may now. */
  wait(key: string, now: number): number {
    const restAt = this.#restAt.get(key) ?? now;
    return Math.max(0, Math.ceil((restAt - now - this.#slack) / 1000));
  }

  /**
   * Takes one if there is one.
   *
   * @returns 0 where it was taken, else the whole seconds to wait.
   */
  take(key: string, now: number): number {
    const wait = this.wait(key, now);
    if (wait > 0) return wait;
    const restAt = Math.max(this.#restAt.get(key) ?? now, now);
    this.#restAt.delete(key);
    this.#restAt.set(key, restAt + this.#gap);
    if (this.#restAt.size > MAX_KEYS) {
      for (const [oldest] of this.#restAt) {
        this.#restAt.delete(oldest);
        break;
      }
    }
    return 0;
  }
}
