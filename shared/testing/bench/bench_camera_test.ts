import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { stripMetadata } from "../../jpeg/strip.ts";
import { BenchCamera } from "./bench_camera.ts";
import { frameNumber, isWhole, STAMP_BYTES, stampedAt } from "./stamp.ts";

Deno.test("a frame of the bench is a whole JPEG of the size asked for, and nothing is stripped", async () => {
  for (const size of [30 * 1024, 100 * 1024]) {
    const frame = (await BenchCamera.make(size)).next(123_456_789);
    assert.equal(frame.length, size);
    assert.ok(inspectJpeg(frame).ok);
    assert.equal(stripMetadata(frame), frame);
  }
});

Deno.test("a frame tells when it was sent and which it is", async () => {
  const camera = await BenchCamera.make(30 * 1024);
  camera.next(1);
  const frame = camera.next(123_456_789);
  assert.equal(stampedAt(frame), 123_456_789);
  assert.equal(frameNumber(frame), 2);
});

Deno.test("a frame with a wrong byte is found out, and what is no frame has no stamp", async () => {
  const frame = (await BenchCamera.make(30 * 1024)).next(1);
  assert.ok(isWhole(frame));
  frame[STAMP_BYTES + 9000] ^= 1;
  assert.ok(!isWhole(frame));
  assert.equal(stampedAt(frame.subarray(1)), -1);
});
