import assert from "node:assert/strict";
import type { Frame } from "../../../shared/frame.ts";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import type { CameraSeq } from "../../../shared/wire.ts";
import { CameraHub } from "./camera.ts";
import { FrameBuffer } from "../ingest/ingest.ts";

function setUp(onRivals?: (cam: string) => void) {
  const clock = new FakeClock();
  const options = {
    ...{ clock, fps: 10, idleIntervalMs: 10_000, staleMs: 30_000, storeLagMs: 300_000, onRivals },
    partTail: new Uint8Array(),
  };
  const camera = new CameraHub("cam", 0, options);
  const publish = (receivedAt = clock.now(), seq?: CameraSeq, content = 0) =>
    camera.publish(FrameBuffer.of(new Uint8Array(10).fill(content), new Uint8Array(0)), {
      ...{ version: camera.newestVersion + 1, size: 10, width: 1, height: 1 },
      ...{ capturedAt: receivedAt, receivedAt, seq },
    });
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

Deno.test("two programs that publish as one camera are told of, once and in words", () => {
  const told: string[] = [];
  const { clock, camera, publish } = setUp((cam) => told.push(cam));
  for (let n = 1; n < 10; n++) publish(clock.now(), { session: n % 2 ? "a" : "b", n });
  assert.deepEqual(told, ["cam"]);
  assert.match(camera.status().lastError ?? "", /^Two programs publish as this camera/);
});

Deno.test("a picture that comes again byte for byte is fresh, and no news for ten seconds", async () => {
  const { clock, camera, publish } = setUp();
  const first = publish();
  const told: (number | undefined)[] = [];
  camera.statusChanges.onSet(({ value }) => told.push(value.ageMs));
  for (let i = 0; i < 9; i++) {
    await clock.tick(1000);
    assert.equal(publish(), first);
    camera.tick();
  }
  const { ageMs, receivedAt, version, fps } = camera.status();
  assert.deepEqual([ageMs, receivedAt, version, fps], [0, clock.now(), first.version, 1]);
  assert.deepEqual([camera.latest.seq, camera.displayed.seq], [1, 1]);
  assert.ok(told.length >= 4 && told.every((ms) => ms === 0), `${told}`);
  await clock.tick(1000);
  assert.equal(publish().version, first.version + 1, "others are to hear of it now and then");
  assert.equal(publish(clock.now(), undefined, 1).version, first.version + 2);
});

Deno.test("one picture for five minutes is told in words, until another comes", async () => {
  const { clock, camera, publish } = setUp();
  for (let s = 0; s < 300; s += 5) {
    publish();
    assert.equal(camera.status().lastError, undefined, `${s} s`);
    await clock.tick(5000);
  }
  publish();
  assert.match(camera.status().lastError!, /the same picture for 5 min or longer/);
  assert.equal(camera.status().state, "idle");
  publish(clock.now(), undefined, 1);
  assert.equal(camera.status().lastError, undefined);
});

Deno.test("viewers are told at once that the clock was set, before pictures with its times", async () => {
  const { clock, camera, publish } = setUp();
  publish();
  const order: string[] = [];
  camera.statusChanges.onSet(() => order.push("status"));
  camera.latest.onSet(() => order.push("picture"));
  await clock.tick(1000);
  clock.jump(-20_000);
  publish(clock.now(), undefined, 1);
  assert.deepEqual(order, ["status", "picture"]);
});

/** A frame as another instance stored it, whose clock is `aheadMs` ahead. */
function stored(clock: FakeClock, version: number, aheadMs: number): Frame {
  const at = clock.now() + aheadMs;
  const times = { capturedAt: at, receivedAt: at };
  const jpeg = new Uint8Array(10).fill(version);
  return { cam: "cam", version, size: 10, width: 1, height: 1, ...times, jpeg };
}

for (const aheadMs of [-HOUR, HOUR]) {
  Deno.test(`a frame that came to the store while it was looked at is of now: clock ${aheadMs / HOUR} h ahead`, async () => {
    const { clock, camera } = setUp();
    camera.publishRemote(stored(clock, 1, aheadMs), true);
    assert.match(camera.state, /stale|offline/, "nobody knows how old what was found is");
    assert.equal(camera.displayed.value, undefined, "it is shown as what it is");
    await clock.tick(300);
    assert.equal(camera.publishRemote(stored(clock, 2, aheadMs), true), true);
    assert.equal(camera.state, "idle");
    assert.ok(camera.ageMs! >= 0 && camera.ageMs! <= 300);
    assert.equal(camera.displayed.seq, 1);
  });
}

Deno.test("a stored picture of an hour from now is believed when the clock has been set right", async () => {
  const { clock, camera } = setUp();
  camera.publishRemote(stored(clock, 1, HOUR), false);
  clock.jump(2 * HOUR);
  await clock.tick(1000);
  camera.tick();
  assert.equal(camera.ageMs, HOUR + 1000);
});
