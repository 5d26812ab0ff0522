// The edge's wall clock as seen from here: a phone whose clock is wrong must still tell the true
// age of a picture.

/** Follows the edge's clock from the times its messages carry. */
export class ServerClock {
  #offset: number | undefined;

  /** @param now The edge's clock when it sent the message, Unix ms. */
  observe(now: number): void {
    const offset = now - Date.now();
    // A message that took longer on the way shows a smaller offset; the largest is the nearest.
    if (this.#offset === undefined || offset > this.#offset) this.#offset = offset;
    // Far below the largest means that this device's clock was set: start over.
    else if (offset < this.#offset - 60_000) this.#offset = offset;
  }

  /** The edge's wall clock now, Unix ms. */
  now(): number {
    return Date.now() + (this.#offset ?? 0);
  }
}
