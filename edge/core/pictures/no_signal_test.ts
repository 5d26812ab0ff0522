import assert from "node:assert/strict";
import { baseline, loadSharp } from "../../../shared/testing/jpegs.ts";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { CameraHub } from "../cameras/camera.ts";
import { FrameBuffer } from "../ingest/ingest.ts";
import { SharpTools } from "../../deno/sharp.ts";
import { noSignal, noSignalLines } from "./no_signal.ts";

const HOUR = 3_600_000;
const AT = Date.UTC(2026, 10, 21, 14, 3, 59);

Deno.test("no signal says since when, and the day where it is another", () => {
  assert.deepEqual(noSignalLines(AT, AT + HOUR), ["NO SIGNAL", "SINCE 14:03 UTC"]);
  assert.deepEqual(noSignalLines(AT, AT + 24 * HOUR), ["NO SIGNAL", "SINCE 2026-11-21 14:03 UTC"]);
});

/** A camera with one frame. */
async function cameraWithFrame(clock: FakeClock): Promise<CameraHub> {
  const camera = new CameraHub("cam", 0, {
    ...{ clock, fps: 5, idleIntervalMs: 10_000, staleMs: 30_000, storeLagMs: 300_000 },
    partTail: new Uint8Array(),
  });
  const jpeg = await baseline();
  const at = clock.now();
  camera.publish(FrameBuffer.of(jpeg, new Uint8Array()), {
    ...{ version: at, size: jpeg.length, width: 320, height: 240, capturedAt: at, receivedAt: at },
  });
  return camera;
}

Deno.test("streams of a camera gone silent show its last picture dimmed, drawn once", async () => {
  const clock = new FakeClock();
  const camera = await cameraWithFrame(clock);
  const last = camera.latest.value!;
  const look = noSignal({
    images: new SharpTools(),
    clock,
    readAsset: () => Promise.reject(new Error("not needed")),
  });
  await look(camera);
  assert.equal(camera.displayed.value, last);

  await clock.tick(60_000);
  await look(camera);
  const notice = camera.displayed.value!;
  assert.notEqual(notice, last);
  assert.equal(camera.latest.value, last);
  assert.deepEqual([notice.width, notice.height], [320, 240]);
  const sharp = await loadSharp();
  const before = (await sharp(last.jpeg).stats()).channels[2].mean;
  const { mean, max } = (await sharp(notice.jpeg).stats()).channels[2];
  assert.ok(mean < before * 0.6, `mean blue ${before} became ${mean}`);
  assert.ok(max > 240, `the brightest of the text is ${max} of 255`);

  await look(camera);
  assert.equal(camera.displayed.value, notice);
});

Deno.test("where nothing can be drawn a picture without a time says no signal", async () => {
  const clock = new FakeClock();
  const camera = await cameraWithFrame(clock);
  await clock.tick(60_000);
  const plain = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
  await noSignal({
    images: new SharpTools(() => Promise.reject(new Error("no libvips here"))),
    clock,
    readAsset: () => Promise.resolve(plain),
  })(camera);
  assert.deepEqual(camera.displayed.value!.jpeg, plain);
});

Deno.test("a viewer of the stream gets the notice once the signal is gone, and then the picture again", async () => {
  await using edge = await TestEdge.start();
  const jpeg = await baseline();
  await edge.put(jpeg);
  const stream = await edge.request("/stream.mjpeg?length=1");
  const reader = stream.body!.getReader();
  const next = async (): Promise<Uint8Array> => {
    for (;;) {
      const { value } = await reader.read();
      if (value?.[0] === 0xff && value[1] === 0xd8) return value;
    }
  };
  assert.deepEqual(await next(), jpeg);
  const notice = (async () => {
    for (;;) {
      const picture = await next();
      if (picture.length !== jpeg.length) return picture;
    }
  })();
  const camera = edge.edge.deps.hub.open("cam")!;
  const before = camera.displayed.value;
  for (let i = 0; i < 120 && camera.displayed.value?.size === before?.size; i++) {
    await edge.clock.tick(1000);
    await new Promise((go) => setTimeout(go, 10));
  }
  await notice;
  const again = next();
  await edge.put(jpeg);
  assert.deepEqual(await again, jpeg);
  await reader.cancel();
});
