// What a crowd of viewers saw, counted while it is measured.

/** Values of which quantiles are wanted. */
export class Samples {
  #values = new Float64Array(4096);
  #count = 0;

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = value;
  }

  /** The usual quantiles, rounded to two decimals. */
  summary(): Quantiles {
    const sorted = this.#values.slice(0, this.#count).sort();
    const at = (part: number) =>
      this.#count === 0
        ? 0
        : Math.round(100 * sorted[Math.min(this.#count - 1, Math.floor(part * this.#count))]) / 100;
    return { n: this.#count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }
}

/** Quantiles of some samples, in their unit. */
export interface Quantiles {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What one group of viewers saw. */
export class Tally {
  frames = 0;
  /** Answers without a new frame: 304, or the same frame again. */
  unchanged = 0;
  bytes = 0;
  corrupt = 0;
  /** Frames of which every byte was checked. */
  checked = 0;
  /** Frames that were sent but not to this viewer. */
  skipped = 0;
  /** Ms from sending a frame to its last byte at the viewer. */
  readonly latency: Samples = new Samples();
  /** Ms from sending a frame to the arrival of the next one, which takes its place. */
  readonly replaced: Samples = new Samples();
  /** Ms from the request to the first frame's last byte. */
  readonly first: Samples = new Samples();
}

/** A group's figures as the load generator prints them. */
export interface GroupFigures {
  readonly viewers: number;
  readonly framesPerSecond: number;
  /** Frames a second of the viewer that had fewest, and of the middle one. */
  readonly fpsMin: number;
  readonly fpsMedian: number;
  readonly frames: number;
  readonly unchanged: number;
  readonly megabytesPerSecond: number;
  readonly corrupt: number;
  readonly checked: number;
  readonly skipped: number;
  readonly latencyMs: Quantiles;
  readonly replacedMs: Quantiles;
  readonly firstMs: Quantiles;
}

/** What the load generator prints when it is done. */
export interface LoadFigures {
  readonly seconds: number;
  readonly failed: number;
  readonly dropped: number;
  readonly normal: GroupFigures;
  readonly slow: GroupFigures;
}

/** Sums a group up. */
export function groupFigures(
  tally: Tally,
  framesByViewer: readonly number[],
  seconds: number,
): GroupFigures {
  const rates = framesByViewer.map((frames) => frames / seconds).sort((a, b) => a - b);
  return {
    viewers: rates.length,
    framesPerSecond: tally.frames / seconds,
    fpsMin: rates[0] ?? 0,
    fpsMedian: rates[rates.length >> 1] ?? 0,
    frames: tally.frames,
    unchanged: tally.unchanged,
    megabytesPerSecond: tally.bytes / seconds / 1e6,
    corrupt: tally.corrupt,
    checked: tally.checked,
    skipped: tally.skipped,
    latencyMs: tally.latency.summary(),
    replacedMs: tally.replaced.summary(),
    firstMs: tally.first.summary(),
  };
}
