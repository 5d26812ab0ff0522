// Waiting for what shows in no event.

import assert from "node:assert/strict";
import { systemClock } from "../clock.ts";

/** Looks again and again until something holds; a minute is far more than anything takes. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await holds()) return;
    await systemClock.sleep(40);
  }
  assert.fail(`waited a minute: ${what}`);
}
