// What lies in buffers between the edge and a viewer whose line is slow: the platform's, the kernel's, a
// proxy's, the viewer's own. Nobody says how much it is, but it shows: once all of them are full, writes
// wait most of the time, and go at the pace of the line. From then on only as much is written as the
// line carries, after all that lies there has gone, so that a picture is late by itself, not by those
// before it.

/** Writes are looked at together for so long, ms. */
const WINDOW_MS = 2000;

/** A window ends with a round at the latest after this time, ms. */
const MAX_WINDOW_MS = 8000;

/** Less than the line seems to carry, so that what lies there runs empty. */
const MARGIN = 1.03;

/** A write that waits for so long begins another round, ms. */
const ROUND_MS = 150;

/** After this time it is tried whether the line has become faster, ms; twice as long each time. */
const TRY_MS = 60_000;
const TRY_MAX_MS = 480_000;

/** The backlog of one viewer. Times are monotonic ms. */
export class Backlog {
  /** Ms that the line takes for one write; undefined where it is fast enough, as far as is known. */
  #eachMs: number | undefined;
  /** Writes on the way at `#at`. */
  #depth = 0;
  #at: number;
  /** Writes that fit into all that is on the way, once it was full. */
  #capacity = 0;
  #writtenAt: number | undefined;
  #window: { readonly from: number; writes: number; waitedMs: number };
  /** Whether writes waited most of the time in the last one. */
  #waits = false;
  #tryAt = Infinity;
  #tryMs = TRY_MS;

  /** @param now When the stream begins. */
  constructor(now: number) {
    this.#at = now;
    this.#window = { from: now, writes: 0, waitedMs: 0 };
  }

  /** A write was handed over. */
  wrote(now: number): void {
    this.#pass(now);
    this.#depth++;
    this.#window.writes++;
    this.#writtenAt = now;
  }

  /** The next write is asked for. */
  room(now: number): void {
    const window = this.#window;
    const waited = now - (this.#writtenAt ?? now);
    window.waitedMs += waited;
    const ms = now - window.from;
    // Where all is full there is room for several at once: whole rounds are counted.
    if (ms < WINDOW_MS || (waited < ROUND_MS && ms < MAX_WINDOW_MS)) return;
    this.#window = { from: now, writes: 0, waitedMs: 0 };
    const waits = window.waitedMs > ms / 2;
    // The first of two filled what is on the way, and was faster than the line.
    if (waits && this.#waits) this.#slow(now, ms / window.writes);
    this.#waits = waits;
  }

  /** Whether another write would do more than lie and wait. */
  isLow(now: number): boolean {
    if (this.#eachMs === undefined) return true;
    if (now >= this.#tryAt) {
      this.#eachMs = undefined;
      this.#depth = 0;
      this.#at = now;
      return true;
    }
    this.#pass(now);
    return this.#depth < 1;
  }

  #slow(now: number, eachMs: number): void {
    if (this.#eachMs === undefined) {
      // All that was written and cannot have arrived yet.
      this.#capacity = Math.max(1, this.#depth - (now - this.#at) / eachMs);
      this.#tryAt = now + this.#tryMs;
      this.#tryMs = Math.min(2 * this.#tryMs, TRY_MAX_MS);
    }
    this.#eachMs = MARGIN * eachMs;
    this.#depth = this.#capacity;
    this.#at = now;
  }

  #pass(now: number): void {
    if (this.#eachMs === undefined) return;
    this.#depth = Math.max(0, this.#depth - (now - this.#at) / this.#eachMs);
    this.#at = now;
  }
}
