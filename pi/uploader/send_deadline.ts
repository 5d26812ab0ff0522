// How long a frame may take before it is given up: by what frames took lately, so that a slow uplink
// is left in peace and a dead one is noticed within 2 s. Pure.

/** Ms while nothing is known of the uplink. */
const UNKNOWN_MS = 15_000;
const MIN_MS = 2000;
const MAX_MS = 120_000;

/** How much longer than lately a frame may take. */
const SLACK = 3;

/** Share of the newest measurement in the average while frames get faster. */
const DECAY = 0.2;

/** Learns from frames that arrived. */
export class SendDeadline {
  #average: { ms: number; bytes: number } | undefined;
  #timeouts = 0;

  /** Ms for a frame of `bytes`. Doubles with each timeout in a row. */
  for(bytes: number): number {
    const expected = this.#average
      ? SLACK * this.#average.ms * Math.max(1, bytes / this.#average.bytes)
      : UNKNOWN_MS;
    return Math.min(MAX_MS, Math.max(MIN_MS, expected) * 2 ** Math.min(this.#timeouts, 8));
  }

  /** A frame of `bytes` took `ms`. */
  arrived(ms: number, bytes: number): void {
    const last = this.#average ?? { ms, bytes };
    this.#average = {
      // Slower counts at once, faster only bit by bit.
      ms: Math.max(ms, last.ms + DECAY * (ms - last.ms)),
      bytes: last.bytes + DECAY * (bytes - last.bytes),
    };
    this.#timeouts = 0;
  }

  /** A frame did not arrive in time. */
  timedOut(): void {
    this.#timeouts++;
  }
}
