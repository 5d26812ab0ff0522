// Frames a second over the last ten, from their arrival times.

const WINDOW_MS = 10_000;

/** Measures a rate over a sliding window. */
export class FrameRate {
  #arrivals: number[] = [];

  /** @param now Monotonic ms of an arrival. */
  add(now: number): void {
    this.#arrivals.push(now);
    if (this.#arrivals.length > 64 && this.#arrivals[32] < now - WINDOW_MS) {
      this.#arrivals = this.#arrivals.filter((at) => at > now - WINDOW_MS);
    }
  }

  /** Frames a second, to one decimal; 0 with fewer than two frames in the window. */
  perSecond(now: number): number {
    const recent = this.#arrivals.filter((at) => at > now - WINDOW_MS);
    if (recent.length < 2) return 0;
    const span = now - recent[0];
    return span > 0 ? Math.round((recent.length - 1) / span * 10_000) / 10 : 0;
  }
}
