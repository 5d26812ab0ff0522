// What lies in buffers between the edge and a viewer whose line is slow: the platform's, the kernel's, a
// proxy's, the viewer's own. Nobody says how much it is, but it shows: once all of them are full, writes
// wait most of the time, and go at the pace of the line. From then on only as much is written as the
// line carries, once the buffers have run empty, so that a picture waits only for its own transfer.

/** What lies in buffers once writes begin to wait was written within this time, ms. */
const LATELY_MS = 1000;

/** A line on which no write waited for so long is a fast one, ms. */
export const FAST_MS = 8000;

/** A write that waits for so long found all buffers full, ms. */
const FULL_MS = 150;

/** Writes from one full moment to another that tell a line's pace: so many, or fewer in a longer time. */
const ENOUGH_WRITES = 6;
const FEW_WRITES = 3;
const ENOUGH_MS = 8000;

/** Less than the line seems to carry, so that what lies there runs empty. */
const MARGIN = 1.11;

/** After this time it is tried whether the line has become faster, ms; twice as long each time. */
const TRY_MS = 60_000;
const TRY_MAX_MS = 480_000;

/** The backlog of one viewer. Times are monotonic ms. */
export class Backlog {
  /** Ms that the line takes for one write; undefined where it is fast enough, as far as is known. */
  #eachMs: number | undefined;
  /** Writes on the way at `#at`. */
  #depth: number;
  #at: number;
  /** Writes that fit into all that is on the way, once it was full. */
  #capacity = 0;
  #writtenAt: number;
  #waitedAt: number;
  /** Since when it was full, and what came after. */
  #sinceFull: { readonly from: number; writes: number; waitedMs: number } | undefined;
  #tryAt = Infinity;
  #tryMs = TRY_MS;

  /** @param writes So many there were, and none waited, from `since` until now. */
  constructor(since: number, writes: number, now: number) {
    // Whose line is slow from the start has all that was written before him.
    const isNew = now - since < FAST_MS;
    this.#at = isNew ? since : now - LATELY_MS;
    this.#depth = isNew ? writes : writes * LATELY_MS / (now - since);
    this.#writtenAt = this.#waitedAt = now;
  }

  wrote(now: number): void {
    this.#pass(now);
    this.#depth++;
    if (this.#sinceFull) this.#sinceFull.writes++;
    this.#writtenAt = now;
  }

  room(now: number): void {
    const waited = now - this.#writtenAt;
    this.#waitedAt = now;
    if (this.#sinceFull) this.#sinceFull.waitedMs += waited;
    // Where all is full there is room for several at once: whole rounds are counted.
    if (waited < FULL_MS) return;
    if (this.#sinceFull) {
      const { from, writes, waitedMs } = this.#sinceFull;
      const ms = now - from;
      const tells = writes >= ENOUGH_WRITES || (writes >= FEW_WRITES && ms >= ENOUGH_MS);
      if (this.#eachMs === undefined && !tells) return;
      const isSlow = this.#eachMs !== undefined || waitedMs > ms / 2;
      if (isSlow && writes > 0) this.#slow(now, ms / writes);
    }
    this.#sinceFull = { from: now, writes: 0, waitedMs: 0 };
  }

  /** Whether another write would do more than lie and wait. */
  isLow(now: number): boolean {
    if (this.#eachMs === undefined) return true;
    if (now >= this.#tryAt) {
      this.#eachMs = this.#sinceFull = undefined;
      this.#waitedAt = this.#at = now;
      this.#depth = 0;
      return true;
    }
    this.#pass(now);
    return this.#depth < 1;
  }

  isOver(now: number): boolean {
    return this.#eachMs === undefined && now - this.#waitedAt > FAST_MS;
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
