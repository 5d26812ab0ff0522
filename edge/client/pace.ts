// How often a camera sends, from the pictures that came: one that is sent by a timer keeps its own
// pace however many watch, and must not seem lost between two of its pictures.

/** The pace of one camera. */
export class Pace {
  #last: number | undefined;
  readonly #gaps: number[] = [];

  /** @param at When the edge got a picture, Unix ms. */
  note(at: number): void {
    if (this.#last !== undefined && at > this.#last) this.#gaps.push(at - this.#last);
    if (this.#gaps.length > 2) this.#gaps.shift();
    this.#last = at;
  }

  /** Ms between pictures, the shorter of the last two times: one long pause is no pace. */
  get ms(): number | undefined {
    return this.#gaps.length < 2 ? undefined : Math.min(...this.#gaps);
  }
}
