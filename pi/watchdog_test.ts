import assert from "node:assert/strict";
import { FROZEN_FRAMES, FrozenDetector, Watchdog, watchdogLimits } from "./watchdog.ts";

Deno.test("limits follow the rate: slow cameras get more time", () => {
  assert.deepEqual(watchdogLimits(5), { firstFrameMs: 12_400, stallMs: 5000 });
  assert.deepEqual(watchdogLimits(0.5), { firstFrameMs: 34_000, stallMs: 10_000 });
  assert.equal(watchdogLimits(5, 30_000).stallMs, 30_000);
});

Deno.test("a camera on the network is given 15 s, and whatever is set, for its first picture too", () => {
  assert.deepEqual(watchdogLimits(5, undefined, true), { firstFrameMs: 15_000, stallMs: 15_000 });
  assert.deepEqual(watchdogLimits(5, 60_000, true), { firstFrameMs: 60_000, stallMs: 60_000 });
  assert.deepEqual(watchdogLimits(5, 60_000), { firstFrameMs: 60_000, stallMs: 60_000 });
});

Deno.test("a watchdog expects the first frame from the start, each other from the one before", () => {
  const watchdog = new Watchdog(watchdogLimits(5), 1000);
  assert.equal(watchdog.deadline, 13_400);
  assert.equal(watchdog.problem, "no picture within 12.4 s of starting the camera");
  watchdog.frame(2000);
  assert.equal(watchdog.deadline, 7000);
  assert.equal(watchdog.problem, "no picture for 5 s, the most that PERCH_STALL_S allows");
});

/** Feeds the same picture and returns after how many frames it was found frozen. */
function framesUntilFrozen(detector: FrozenDetector, jpeg: Uint8Array): number {
  for (let n = 1; n < 100_000; n++) if (detector.frame(jpeg, n)) return n;
  return Infinity;
}

Deno.test("thirty equal frames in a row are a frozen camera", () => {
  const detector = new FrozenDetector();
  detector.frame(new Uint8Array([1, 2, 3, 4]), 0);
  assert.equal(framesUntilFrozen(detector, new Uint8Array([9, 9, 9, 9])), FROZEN_FRAMES);
});

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
