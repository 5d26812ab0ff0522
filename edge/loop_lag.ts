// Whether the process had time for anybody: how late its own timer came. A process that is stuck
// cannot say so, but it can say so afterwards.

/** A stall is told of for this long, ms. */
const REMEMBERED_MS = 60_000;

/** From here on it is called a stall, ms. */
export const STALL_MS = 1000;

/** The worst delay of the last minute. Times are monotonic ms. */
export class LoopLag {
  #worst = { lateMs: 0, at: 0 };

  /**
   * Notes how late a timer was.
   *
   * @returns Whether it is now that a stall began to be told of.
   */
  note(lateMs: number, now: number): boolean {
    const known = this.worst(now);
    if (lateMs >= known) this.#worst = { lateMs, at: now };
    return lateMs >= STALL_MS && known < STALL_MS;
  }

  /** The worst delay of the last minute, ms. */
  worst(now: number): number {
    return now - this.#worst.at <= REMEMBERED_MS ? this.#worst.lateMs : 0;
  }
}
