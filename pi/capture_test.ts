import assert from "node:assert/strict";
import { Latest } from "../shared/latest.ts";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import { fakeJpeg } from "../shared/testing/fake_rpicam/jpeg.ts";
import { capture, type CapturedFrame, type CaptureEnd } from "./capture.ts";
import { FrozenDetector } from "./watchdog.ts";

const LIMITS = { firstFrameMs: 10_000, stallMs: 1000 };

function frame(n: number): Uint8Array {
  return fakeJpeg({ width: 320, height: 240, frame: n });
}

/** A capture of a source that gives what it is told to, until it is stopped. */
function start(clock: FakeClock) {
  const frames = new Latest<CapturedFrame>();
  let give: (chunk: Uint8Array) => void = () => {};
  const ended = capture({
    clock,
    limits: LIMITS,
    frames,
    frozen: new FrozenDetector(),
    onFirstFrame: () => {},
    onRepeated: () => {},
    source: {
      name: "test",
      run(signal, onBytes) {
        give = onBytes;
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      },
    },
  }, new AbortController().signal);
  let end: CaptureEnd | undefined;
  ended.then((value) => end = value);
  return { frames, give: (chunk: Uint8Array) => give(chunk), end: () => end };
}

Deno.test("a camera that stalls right after its first frame is found out after the stall time", async () => {
  const clock = new FakeClock();
  const { give, end } = start(clock);
  await clock.tick(500);
  give(frame(1));
  await clock.tick(999);
  assert.equal(end(), undefined);
  await clock.tick(1);
  assert.equal(end()?.error?.message, "no picture for 1 s, the most that PERCH_STALL_S allows");
});

Deno.test("a camera that never gives a frame is found out after the first frame's time", async () => {
  const clock = new FakeClock();
  const { end } = start(clock);
  await clock.tick(9999);
  assert.equal(end(), undefined);
  await clock.tick(1);
  assert.equal(end()?.error?.message, "no picture within 10 s of starting the camera");
});

Deno.test("a camera that gives frames in time is left alone", async () => {
  const clock = new FakeClock();
  const { give, end, frames } = start(clock);
  for (let n = 1; n <= 50; n++) {
    await clock.tick(900);
    give(frame(n));
  }
  assert.equal(end(), undefined);
  assert.equal(frames.seq, 50);
});
