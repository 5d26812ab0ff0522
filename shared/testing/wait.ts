// Waiting for what others do: a minute is far more than anything takes.

import assert from "node:assert/strict";
import { systemClock } from "../clock.ts";

const PATIENCE_MS = 60_000;

/** Looks again and again until something holds, for what shows in no event. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    if (await holds()) return;
    await systemClock.sleep(40);
  }
  assert.fail(`waited a minute: ${what}`);
}

/** Does it again, three times at most: what a busy machine spoils once, a fault spoils each time. */
export async function inOneOfThree(round: () => Promise<void>): Promise<void> {
  for (let left = 2; left >= 0; left--) {
    try {
      return await round();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/**
 * Has whoever gives up after 3 s or more do so after a minute: on a busy machine a line that is well is
 * silent for so long. For a test's own process, or as a script of a page: it stands on nothing else here.
 */
export function bePatient(): void {
  const { setTimeout } = globalThis;
  const patient = (act: () => void, ms = 0) => setTimeout(act, ms < 3000 ? ms : 60_000);
  Object.assign(globalThis, { setTimeout: patient });
}

/** Tells those who wait that there is something new. */
export class News {
  #next = Promise.withResolvers<void>();

  tell(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** What `look` finds at last; it looks now, and whenever there is something new. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const next = this.#next.promise;
      const found = look();
      if (found !== undefined) return found;
      const silence = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => silence.reject(new Error("nothing new in a minute")),
        PATIENCE_MS,
      );
      await Promise.race([next, silence.promise]).finally(() => clearTimeout(timer));
    }
  }
}
