// What is measured here: the edge's clock, how often a camera sends, how fast its frames are drawn.

import type { Said } from "../../shared/wire.ts";

/**
 * A message older than this says nothing about the clocks as they are now: this device's may have been
 * set since. They come every ten seconds, so that is known within a minute.
 */
const TOLD_MS = 50_000;

/** No message is on its way for so long: this device's clock was set, ms. */
const SET_MS = 60_000;

/** The edge's clocks part by no more than this unless one was set, ms. */
const DRIFT_MS = 1000;

/** How far back the rate of frames drawn looks, ms. */
const WINDOW_MS = 5000;

/**
 * The edge's wall clock as seen from here, by the times its messages carry: a phone whose clock is
 * wrong must still tell the true age of a picture.
 */
export class ServerClock {
  /** What the last messages say, the largest first; what came before a larger one is left out. */
  #told: { readonly offset: number; readonly at: number }[] = [];
  readonly #monotonic: () => number;
  /** The edge's wall time less its monotonic time. */
  #base: number | undefined;

  /** @param monotonic Ms. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  observe({ now, upMs }: Said): void {
    const base = now - upMs;
    // What was told before was by the clock as it was before it was set.
    if (Math.abs(base - (this.#base ?? base)) > DRIFT_MS) this.#told = [];
    this.#base = base;
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

/**
 * How often a camera sends, from the pictures that came: one that is sent by a timer keeps its own
 * pace however many watch, and must not seem lost between two of its pictures.
 */
export class Pace {
  #last: readonly number[] = [];

  /** @param at When the edge got a picture, Unix ms. */
  note(at: number): void {
    if (at > (this.#last.at(-1) ?? -1)) this.#last = [...this.#last.slice(-2), at];
  }

  /** Ms between pictures, the shorter of the last two times: one long pause is no pace. */
  get ms(): number | undefined {
    const [first, second, third] = this.#last;
    return third === undefined ? undefined : Math.min(second - first, third - second);
  }
}

/** How fast frames are drawn. Times in ms on `performance.now()`'s clock. */
export class Rate {
  /** From capture to the screen, of the newest frame, ms. */
  ageMs: number | undefined;
  #drawn: number[] = [];

  note(at: number, ageMs: number): void {
    this.ageMs = Math.max(0, ageMs);
    this.#drawn = [...this.#drawn.filter((one) => one >= at - WINDOW_MS), at];
  }

  /** Frames a second over the last five seconds. */
  fps(now: number): number {
    const lately = this.#drawn.filter((at) => at >= now - WINDOW_MS);
    const span = now - lately[0];
    return lately.length < 2 || span === 0 ? 0 : (lately.length - 1) / (span / 1000);
  }
}
