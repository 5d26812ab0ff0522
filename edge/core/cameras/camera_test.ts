import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import type { CameraSeq } from "../../../shared/wire.ts";
import { CameraHub } from "./camera.ts";
import { FrameBuffer } from "../ingest/live_frame.ts";

function setUp(onRivals?: (cam: string) => void) {
  const clock = new FakeClock();
  const options = {
    clock,
    fps: 10,
    idleIntervalMs: 10_000,
    staleMs: 30_000,
    keyframeMs: 300_000,
    partTail: new Uint8Array(),
    onRivals,
  };
  const camera = new CameraHub("cam", 0, options);
  const publish = (receivedAt = clock.now(), seq?: CameraSeq) =>
    camera.publish(FrameBuffer.of(new Uint8Array(10), new Uint8Array(0)), {
      ...{ version: camera.newestVersion + 1, size: 10, width: 1, height: 1 },
      ...{ capturedAt: receivedAt, receivedAt },
    }, seq);
  return { clock, camera, publish };
}

const HOUR = 3_600_000;

for (const jump of [-HOUR, HOUR, 10 * 365 * 24 * HOUR]) {
  Deno.test(`a wall clock that jumps by ${jump / HOUR} h changes no age and no state`, async () => {
    const { clock, camera, publish } = setUp();
    publish();
    await clock.tick(5000);
    clock.jump(jump);
    assert.deepEqual([camera.status().ageMs, camera.status().state], [5000, "idle"]);
    await clock.tick(25_000);
    assert.deepEqual([camera.status().ageMs, camera.status().state], [30_000, "stale"]);
    publish();
    assert.deepEqual([camera.status().ageMs, camera.status().state], [0, "idle"]);
  });
}

Deno.test("a frame that was old when it came here keeps its age", () => {
  const { clock, camera, publish } = setUp();
  publish(clock.now() - 12_000);
  assert.equal(camera.status().ageMs, 12_000);
  publish(clock.now() + 2000);
  assert.equal(camera.status().ageMs, 0);
});

Deno.test("two programs that publish as one camera are told of, once and in words", () => {
  const told: string[] = [];
  const { clock, camera, publish } = setUp((cam) => told.push(cam));
  for (let n = 1; n < 10; n++) publish(clock.now(), { session: n % 2 ? "a" : "b", n });
  assert.deepEqual(told, ["cam"]);
  assert.match(camera.status().lastError ?? "", /^Two programs publish as this camera/);
});
