import assert from "node:assert/strict";
import { Latest } from "../shared/latest.ts";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import { fakeJpeg } from "../shared/testing/fake_rpicam/jpeg.ts";
import {
  capture,
  type CapturedFrame,
  type CaptureEnd,
  captureLimits,
  FROZEN_FRAMES,
  FrozenDetector,
} from "./capture.ts";

/** A capture of a source that gives what it is told to, until it is stopped. */
function start() {
  const clock = new FakeClock();
  const frames = new Latest<CapturedFrame>();
  let give!: (chunk: Uint8Array) => void;
  const run = (signal: AbortSignal, onBytes: (chunk: Uint8Array) => void) => {
    give = onBytes;
    return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
  };
  const limits = { firstFrameMs: 10_000, stallMs: 1000 };
  const watched = { clock, limits, frames, frozen: new FrozenDetector(), onFrame: () => {} };
  let end: CaptureEnd | undefined;
  capture({ ...watched, source: { name: "test", run } }, new AbortController().signal)
    .then((value) => end = value);
  const picture = (frame: number) => give(fakeJpeg({ width: 320, height: 240, frame }));
  return { clock, frames, picture, end: () => end };
}

Deno.test("a camera that stalls right after its first frame is found out after the stall time", async () => {
  const { clock, picture, end } = start();
  await clock.tick(500);
  picture(1);
  await clock.tick(999);
  assert.equal(end(), undefined);
  await clock.tick(1);
  assert.equal(end()?.error?.message, "no picture for 1 s, the most that PERCH_STALL_S allows");
});

Deno.test("a camera that never gives a frame is found out after the first frame's time", async () => {
  const { clock, end } = start();
  await clock.tick(9999);
  assert.equal(end(), undefined);
  await clock.tick(1);
  assert.equal(end()?.error?.message, "no picture within 10 s of starting the camera");
});

Deno.test("a camera that gives frames in time is left alone", async () => {
  const { clock, picture, end, frames } = start();
  for (let n = 1; n <= 50; n++) {
    await clock.tick(900);
    picture(n);
  }
  assert.equal(end(), undefined);
  assert.equal(frames.seq, 50);
});

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
