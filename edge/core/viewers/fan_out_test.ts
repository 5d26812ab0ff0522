import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Latest } from "../../../shared/latest.ts";
import { FanOut } from "./fan_out.ts";
import { FrameBuffer } from "../ingest/ingest.ts";

const frame = FrameBuffer.of(new Uint8Array(3), new Uint8Array(2)).finish("cam", 0, {
  ...{ version: 1, size: 3, width: 1, height: 1, capturedAt: 0, receivedAt: 0 },
});

function setUp() {
  const faults: unknown[] = [];
  const fanOut = new FanOut({
    soon: setImmediate,
    now: () => 0,
    onFault: (error) => faults.push(error),
  });
  const frames = new Latest<typeof frame>();
  const subscribe = (onFrame: () => unknown, onClose: () => unknown = () => {}) =>
    fanOut.subscribe(frames, { onFrame, onClose });
  return { faults, frames, subscribe };
}

Deno.test("everybody is woken after the call that brought a frame, once for several", async () => {
  const { frames, subscribe } = setUp();
  const woken = [0, 0];
  const leave = subscribe(() => woken[0]++);
  subscribe(() => woken[1]++);
  frames.set(frame);
  frames.set(frame);
  assert.deepEqual(woken, [0, 0]);
  await nextTurn();
  assert.deepEqual(woken, [1, 1]);
  leave();
  frames.set(frame);
  await nextTurn();
  assert.deepEqual(woken, [1, 2]);
});

Deno.test("who leaves while others are woken is not", async () => {
  const { frames, subscribe } = setUp();
  let woken = 0;
  subscribe(() => leave());
  const leave = subscribe(() => woken++);
  frames.set(frame);
  await nextTurn();
  assert.equal(woken, 0);
});

Deno.test("a slot that everybody left wakes nobody, and can be watched again", async () => {
  const { frames, subscribe } = setUp();
  subscribe(() => assert.fail("woken"))();
  frames.set(frame);
  await nextTurn();
  let woken = 0;
  let closed = 0;
  subscribe(() => woken++, () => closed++);
  frames.set(frame);
  await nextTurn();
  frames.close();
  assert.deepEqual([woken, closed], [1, 1]);
});

Deno.test("the last frame before the end is told before the end", () => {
  const { frames, subscribe } = setUp();
  const told: string[] = [];
  subscribe(() => told.push("frame"), () => told.push("end"));
  frames.set(frame);
  frames.close();
  assert.deepEqual(told, ["frame", "end"]);
});

Deno.test("a member that throws is told of and dropped; the others get every frame", async () => {
  const { faults, frames, subscribe } = setUp();
  let woken = 0;
  subscribe(() => {
    throw new Error("a bug");
  }, () => assert.fail("it was dropped"));
  subscribe(() => woken++);
  for (let n = 1; n <= 2; n++) {
    frames.set(frame);
    await nextTurn();
    assert.equal(woken, n);
  }
  frames.close();
  assert.deepEqual(faults.map(String), ["Error: a bug"]);
});
