// Viewers without a connection: whoever asked for a picture lately counts.

/** Ms for which a poller counts as a viewer. */
export const POLLER_MS = 10_000;

/** More pollers than this are not told apart. */
const MAX_POLLERS = 10_000;

/** Who polls one camera. Times are monotonic ms. */
export class Pollers {
  /** In the order of their last request. */
  readonly #seenAt = new Map<string, number>();

  /** Pollers that count now. */
  get size(): number {
    return this.#seenAt.size;
  }

  /** Notes a request of `who`. */
  note(who: string, now: number): void {
    if (this.#seenAt.size >= MAX_POLLERS && !this.#seenAt.has(who)) return;
    this.#seenAt.delete(who);
    this.#seenAt.set(who, now);
  }

  /** Forgets whoever has not asked for too long. */
  expire(now: number): void {
    for (const [who, at] of this.#seenAt) {
      if (at > now - POLLER_MS) break;
      this.#seenAt.delete(who);
    }
  }
}
