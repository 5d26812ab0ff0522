import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Latest } from "../shared/latest.ts";
import { joinCrowd } from "./crowd.ts";
import { FrameBuffer } from "./live_frame.ts";

const frame = FrameBuffer.of(new Uint8Array(3), new Uint8Array(2)).finish("cam", 0, {
  ...{ version: 1, size: 3, width: 1, height: 1, capturedAt: 0, receivedAt: 0 },
});

Deno.test("everybody is woken after the call that brought a frame, once for several", async () => {
  const frames = new Latest<typeof frame>();
  const woken = [0, 0];
  const leave = joinCrowd(frames, () => woken[0]++, () => {});
  joinCrowd(frames, () => woken[1]++, () => {});
  frames.set(frame);
  frames.set(frame);
  assert.deepEqual(woken, [0, 0]);
  await setImmediate();
  assert.deepEqual(woken, [1, 1]);
  leave();
  frames.set(frame);
  await setImmediate();
  assert.deepEqual(woken, [1, 2]);
});

Deno.test("who leaves while others are woken is not", async () => {
  const frames = new Latest<typeof frame>();
  let woken = 0;
  joinCrowd(frames, () => leave(), () => {});
  const leave = joinCrowd(frames, () => woken++, () => {});
  frames.set(frame);
  await setImmediate();
  assert.equal(woken, 0);
});

Deno.test("a crowd that everybody left hears nothing, and can be joined again", async () => {
  const frames = new Latest<typeof frame>();
  joinCrowd(frames, () => assert.fail("woken"), () => {})();
  frames.set(frame);
  await setImmediate();
  let woken = 0;
  let closed = 0;
  joinCrowd(frames, () => woken++, () => closed++);
  frames.set(frame);
  await setImmediate();
  frames.close();
  assert.deepEqual([woken, closed], [1, 1]);
});

Deno.test("the last frame before the end is told before the end", () => {
  const frames = new Latest<typeof frame>();
  const told: string[] = [];
  joinCrowd(frames, () => told.push("frame"), () => told.push("end"));
  frames.set(frame);
  frames.close();
  assert.deepEqual(told, ["frame", "end"]);
});
