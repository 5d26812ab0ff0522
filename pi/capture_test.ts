import assert from "node:assert/strict";
import { captureLimits, FROZEN_FRAMES, FrozenDetector } from "./capture.ts";

Deno.test("limits follow the rate, what is set, and the network, which is given 15 s", () => {
  const limits = (...of: Parameters<typeof captureLimits>) => Object.values(captureLimits(...of));
  assert.deepEqual(limits(5), [12_400, 5000]);
  assert.deepEqual(limits(0.5), [34_000, 10_000]);
  assert.deepEqual(limits(5, 30_000), [30_000, 30_000]);
  assert.deepEqual(limits(5, undefined, true), [15_000, 15_000]);
  assert.deepEqual(limits(5, 60_000, true), [60_000, 60_000]);
});

/** Feeds the same picture and returns after how many frames it was found frozen. */
function framesUntilFrozen(detector: FrozenDetector, jpeg: Uint8Array): number {
  for (let n = 1; n < 100_000; n++) if (detector.frame(jpeg, n)) return n;
  return Infinity;
}

Deno.test("frames that differ only in their first half, where metadata lives, count as equal", () => {
  const detector = new FrozenDetector();
  let found = 0;
  for (let n = 0; n < FROZEN_FRAMES; n++) found = detector.frame(new Uint8Array([n, n, 7, 7]), n);
  assert.equal(found, FROZEN_FRAMES);
});

Deno.test("a picture that stays equal over restarts restarts the camera ever more rarely", () => {
  const detector = new FrozenDetector();
  const black = new Uint8Array(100);
  const waits = Array.from({ length: 9 }, () => framesUntilFrozen(detector, black));
  assert.equal(waits[0], FROZEN_FRAMES);
  for (let i = 2; i < 7; i++) assert.ok(waits[i] >= 1.9 * waits[i - 1], `${waits}`);
  assert.equal(waits[8], waits[7]);
  detector.frame(new Uint8Array(100).fill(1), 0);
  assert.equal(framesUntilFrozen(detector, black), FROZEN_FRAMES);
});
