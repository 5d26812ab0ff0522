// Who watches one camera: streams, sockets, held requests and pollers here, and the number of those
// elsewhere.

import type { Clock } from "../../../shared/clock.ts";

/** Ms for which whoever asked for a picture counts as a viewer. */
const POLLER_MS = 10_000;

/** More pollers than this are not told apart. */
const MAX_POLLERS = 10_000;

export class Viewers {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  /** Monotonic ms of the last request by who made it, in that order. */
  readonly #seenAt = new Map<string, number>();
  /** Requests held open, by who made them. */
  readonly #waiting = new Map<string, number>();
  #connected = 0;
  #elsewhere = 0;

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get here(): number {
    return this.#connected + this.#waiting.size + this.#seenAt.size;
  }

  get all(): number {
    return this.here + this.#elsewhere;
  }

  get elsewhere(): number {
    return this.#elsewhere;
  }

  set elsewhere(count: number) {
    this.#elsewhere = count;
    this.#onChange();
  }

  /** Counts a stream or socket. @returns What to call, once, when it has gone. */
  attach(): () => void {
    this.#connected++;
    this.#onChange();
    return () => {
      this.#connected--;
      this.#onChange();
    };
  }

  /** Counts a poller, told from others by `who`, for a while. */
  poll(who: string): void {
    if (!this.#waiting.has(who)) this.#note(who);
    this.#onChange();
  }

  /** As `poll`, from when its request is held. @returns What to call, once, when it has its answer. */
  wait(who: string): () => void {
    this.#seenAt.delete(who);
    this.#waiting.set(who, (this.#waiting.get(who) ?? 0) + 1);
    this.#onChange();
    return () => {
      const others = this.#waiting.get(who)! - 1;
      if (others > 0) this.#waiting.set(who, others);
      else {
        this.#waiting.delete(who);
        this.#note(who);
      }
      this.#onChange();
    };
  }

  expire(): void {
    const since = this.#clock.monotonic() - POLLER_MS;
    for (const [who, at] of this.#seenAt) {
      if (at > since) break;
      this.#seenAt.delete(who);
    }
    this.#onChange();
  }

  #note(who: string): void {
    if (this.#seenAt.size >= MAX_POLLERS && !this.#seenAt.has(who)) return;
    this.#seenAt.delete(who);
    this.#seenAt.set(who, this.#clock.monotonic());
  }
}
