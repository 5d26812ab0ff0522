// Whether the wall clock may be believed, before something is deleted by it.

import type { Clock } from "../../../shared/clock.ts";
import type { FrameMeta } from "../../../shared/frame.ts";

/** A clock that was set may be set back: nothing is deleted by it until it has held for so long, ms. */
const HELD_MS = 3_600_000;

/** What a clock may be corrected by without having been set, ms. */
const CORRECTED_MS = 60_000;

/** Looks whether the wall clock was set. */
export class HeldClock {
  readonly #clock: Clock;
  /** Wall time less monotonic time, at the last look. */
  #offset: number | undefined;
  /** Monotonic ms. */
  #setAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it has held for long. A program may start while it is wrong: `head` says that it is not. */
  holds(head: Pick<FrameMeta, "receivedAt"> | null | undefined): boolean {
    const at = this.#clock.monotonic();
    const now = this.#clock.now();
    const offset = now - at;
    const isRight = this.#offset === undefined
      ? Math.abs(now - (head?.receivedAt ?? now)) < HELD_MS
      : Math.abs(offset - this.#offset) <= CORRECTED_MS;
    if (!isRight) this.#setAt = at;
    this.#offset = offset;
    return at - this.#setAt >= HELD_MS;
  }
}
