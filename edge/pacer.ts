// Thins frames to a wanted rate without a timer.

/** Says which of the frames that arrive are due. */
export class Pacer {
  readonly #gap: number;
  #due = -Infinity;

  /** @param fps Most frames a second, on average. */
  constructor(fps: number) {
    this.#gap = 1000 / fps;
  }

  /** Whether a frame that arrives at `now` (monotonic ms) goes out. */
  take(now: number): boolean {
    if (now < this.#due) return false;
    this.#due = (now - this.#due > this.#gap ? now : this.#due) + this.#gap;
    return true;
  }
}
