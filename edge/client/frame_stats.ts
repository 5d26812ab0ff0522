// What was measured of the frames drawn lately.

/** How far back the rate looks, ms. */
const WINDOW_MS = 5000;

/** Counts drawn frames. Times in ms on `performance.now()`'s clock. */
export class FrameStats {
  #drawn: number[] = [];
  #bytes = 0;
  #ageMs: number | undefined;

  /** @param ageMs From capture to the screen. */
  drawn(at: number, ageMs: number, bytes: number): void {
    this.#drawn.push(at);
    this.#trim(at);
    this.#ageMs = ageMs;
    this.#bytes = bytes;
  }

  /** Frames a second over the last five seconds. */
  fps(now: number): number {
    this.#trim(now);
    const span = now - (this.#drawn[0] ?? now);
    return this.#drawn.length < 2 || span === 0 ? 0 : (this.#drawn.length - 1) / (span / 1000);
  }

  /** Age in ms of the newest frame when it reached the screen; undefined before the first. */
  get ageMs(): number | undefined {
    return this.#ageMs;
  }

  /** Size of the newest frame. */
  get bytes(): number {
    return this.#bytes;
  }

  #trim(now: number): void {
    this.#drawn = this.#drawn.filter((at) => at >= now - WINDOW_MS);
  }
}
