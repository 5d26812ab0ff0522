// The edge's wall clock as seen from here: a phone whose clock is wrong must still tell the true
// age of a picture.

/**
 * A message older than this says nothing about the clocks as they are now: either may have been set
 * since. They come every ten seconds, so a clock that was set is known within a minute.
 */
const TOLD_MS = 50_000;

/** No message is on its way for so long: a clock was set, ms. */
const SET_MS = 60_000;

/** Follows the edge's clock from the times its messages carry. */
export class ServerClock {
  /** What the last messages say, the largest first; what came before a larger one is left out. */
  #told: { readonly offset: number; readonly at: number }[] = [];
  readonly #monotonic: () => number;

  /** @param monotonic Ms. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** @param now The edge's clock when it sent the message, Unix ms; undefined where it did not say. */
  observe(now: number | undefined): void {
    if (now === undefined) return;
    const offset = now - Date.now();
    const at = this.#monotonic();
    // A message that took longer on the way shows a smaller offset; the largest is the nearest.
    this.#told = this.#told.filter((other) =>
      other.offset > offset && other.offset < offset + SET_MS && at - other.at < TOLD_MS
    );
    this.#told.push({ offset, at });
  }

  /** The edge's wall clock now, Unix ms. */
  now(): number {
    return Date.now() + (this.#told[0]?.offset ?? 0);
  }
}
