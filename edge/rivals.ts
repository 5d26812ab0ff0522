// Two programs that publish as the same camera: viewers would see two places flicker, and nobody
// would know why. A restarted camera is a new session too, but the old one does not come back.

/** What the owner is told. */
export const TWO_PROGRAMS: string =
  "Two programs publish as this camera: give each its own PERCH_CAM, or stop one of them.";

/** An old session that comes back within this time is a second program, ms. */
const COMES_BACK_MS = 60_000;

/** Watches the sessions of one camera's uploads. Times are monotonic ms. */
export class Rivals {
  #current: string | undefined;
  #currentAt = 0;
  #before: string | undefined;
  #beforeAt = 0;
  #until = -Infinity;

  /**
   * Notes an upload.
   *
   * @returns Whether it is now that a second program has shown.
   */
  note(session: string, now: number): boolean {
    if (session !== this.#current) {
      const back = session === this.#before && now - this.#beforeAt < COMES_BACK_MS;
      [this.#before, this.#beforeAt] = [this.#current, this.#currentAt];
      this.#current = session;
      if (back) {
        const began = !this.active(now);
        this.#until = now + COMES_BACK_MS;
        this.#currentAt = now;
        return began;
      }
    }
    this.#currentAt = now;
    return false;
  }

  /** Whether two programs published within the last minute. */
  active(now: number): boolean {
    return now < this.#until;
  }
}
