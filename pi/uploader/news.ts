// Ends what is being waited for once something has changed.

import { scoped } from "../../shared/timeout.ts";

/** A bell: every wait under way ends when it rings. */
export class News {
  #ring = new AbortController();

  /** Something changed. */
  ring(): void {
    this.#ring.abort();
    this.#ring = new AbortController();
  }

  /**
   * Runs `work` with a signal that aborts when the bell rings.
   *
   * @returns Undefined where it rang first.
   * @throws What `work` throws otherwise.
   */
  async until<T>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const rung = this.#ring.signal;
    return await scoped(signal, async (scope) => {
      const onRing = () => scope.abort();
      rung.addEventListener("abort", onRing, { once: true });
      try {
        const result = await work(scope.signal);
        return rung.aborted ? undefined : result;
      } catch (error) {
        if (signal.aborted || !rung.aborted) throw error;
      } finally {
        rung.removeEventListener("abort", onRing);
      }
    });
  }
}
