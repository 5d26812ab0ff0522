import assert from "node:assert/strict";
import { restartDelay } from "./backoff.ts";

Deno.test("waits double from 1 s to 60 s while the hardware fails", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((n) => restartDelay("hardware", n, 0.5));
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
});

Deno.test("a wait is up to a fifth shorter or longer", () => {
  assert.equal(restartDelay("hardware", 1, 0), 800);
  assert.equal(restartDelay("hardware", 1, 1), 1200);
});

Deno.test("a mistake in the settings is tried again only every minute, from the first time on", () => {
  assert.equal(restartDelay("configuration", 1, 0.5), 60_000);
  assert.equal(restartDelay("stuck", 1, 0.5), 60_000);
});
