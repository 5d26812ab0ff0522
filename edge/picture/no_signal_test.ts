import assert from "node:assert/strict";
import { baseline, loadSharp } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";
import { Imaging } from "./imaging.ts";
import { NoSignal, noSignalLines } from "./no_signal.ts";

const HOUR = 3_600_000;
const AT = Date.UTC(2026, 10, 21, 14, 3, 59);

Deno.test("no signal says since when, and the day where it is another", () => {
  assert.deepEqual(noSignalLines(AT, AT + HOUR), ["NO SIGNAL", "SINCE 14:03 UTC"]);
  assert.deepEqual(noSignalLines(AT, AT + 24 * HOUR), ["NO SIGNAL", "SINCE 2026-11-21 14:03 UTC"]);
});

Deno.test("streams of a camera gone silent show its last picture dimmed, drawn once", async () => {
  await using edge = await TestEdge.start();
  await edge.put(await baseline());
  const camera = edge.edge.deps.hub.open("cam")!;
  const last = camera.latest.value!;
  const fallback = () => Promise.reject(new Error("not needed"));
  const options = { imaging: new Imaging(), partTail: new Uint8Array(), clock: edge.clock };
  const noSignal = new NoSignal({ ...options, fallback });
  await noSignal.step(camera);
  assert.equal(camera.shown.value, last);

  edge.clock.jump(60_000);
  await noSignal.step(camera);
  const notice = camera.shown.value!;
  assert.notEqual(notice, last);
  assert.equal(camera.latest.value, last);
  assert.deepEqual([notice.width, notice.height], [320, 240]);
  const sharp = await loadSharp();
  const before = (await sharp(last.jpeg).stats()).channels[2].mean;
  const after = (await sharp(notice.jpeg).stats()).channels[2].mean;
  assert.ok(after < before * 0.6, `mean blue ${before} became ${after}`);

  await noSignal.step(camera);
  assert.equal(camera.shown.value, notice);
});

Deno.test("where nothing can be drawn a picture without a time says no signal", async () => {
  await using edge = await TestEdge.start();
  await edge.put(await baseline());
  const camera = edge.edge.deps.hub.open("cam")!;
  edge.clock.jump(60_000);
  const plain = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
  await new NoSignal({
    imaging: new Imaging(() => Promise.reject(new Error("no libvips here"))),
    partTail: new Uint8Array(),
    clock: edge.clock,
    fallback: () => Promise.resolve(plain),
  }).step(camera);
  assert.deepEqual(camera.shown.value!.jpeg, plain);
});
