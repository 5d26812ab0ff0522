// What is stored of the frames uploaded here, and when.

import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { chunkKey, pendingKey } from "../../deno/kv/frame_store.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { persistFrame, silentAfter } from "./writer.ts";

const BILLED = { sinceNewestMs: 100_000, newestEveryMs: Infinity };

Deno.test("persistFrame stores every frame for others' viewers, else keyframes only", () => {
  const base = { keyframeMs: 300_000, intervalMs: 100, viewersElsewhere: 0, ...BILLED };
  const cases = [
    { sinceKeyframeMs: Infinity, expected: "keyframe" },
    { sinceKeyframeMs: 0, expected: "nothing" },
    { sinceKeyframeMs: 299_900, expected: "nothing" },
    { sinceKeyframeMs: 300_000, expected: "keyframe" },
    { sinceKeyframeMs: 0, viewersElsewhere: 1, expected: "newest" },
    { sinceKeyframeMs: 300_000, viewersElsewhere: 1, expected: "keyframe" },
  ] as const;
  for (const { expected, ...input } of cases) {
    assert.equal(persistFrame({ ...base, ...input }), expected, JSON.stringify(input));
  }
});

Deno.test("persistFrame takes a frame a little early where the next would be much later", () => {
  const idle = { keyframeMs: 300_000, intervalMs: 300_000, viewersElsewhere: 0, ...BILLED };
  assert.equal(persistFrame({ ...idle, sinceKeyframeMs: 299_000 }), "keyframe");
  assert.equal(persistFrame({ ...idle, sinceKeyframeMs: 149_000 }), "nothing");
  assert.equal(persistFrame({ ...idle, intervalMs: 3_600_000, sinceKeyframeMs: 0 }), "nothing");
});

Deno.test("silentAfter does not take an idle camera's own pace for silence", () => {
  assert.equal(silentAfter(100), 10_000);
  assert.equal(silentAfter(10_000), 30_000);
  assert.equal(silentAfter(600_000), 1_800_000);
});

const frames = [await baseline(160, 120), await baseline(160, 120)];

async function upload(edge: TestEdge, count: number, everyMs: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await edge.put(frames[i % 2]);
    await edge.clock.tick(everyMs);
  }
}

Deno.test("with nobody elsewhere one keyframe each PERCH_KEYFRAME_S is stored", async () => {
  await using edge = await TestEdge.start({ PERCH_KEYFRAME_S: "60" });
  await upload(edge, 31, 5000);
  const keyframes = await edge.store.history("cam", {});
  assert.equal(keyframes.length, 3);
  assert.equal((await edge.store.head("cam"))!.version, keyframes[0].version);
  assert.equal(edge.store.state.writes, 3);
});

Deno.test("viewers where the camera is cost no writes but a hello and a goodbye", async () => {
  await using edge = await TestEdge.start();
  await upload(edge, 1, 1000);
  const { writes } = edge.store.state;
  const leave = edge.edge.deps.hub.cameras[0].viewers.attach();
  await upload(edge, 100, 100);
  leave();
  await upload(edge, 6, 10_000);
  assert.ok(edge.store.state.writes - writes <= 2, `${edge.store.state.writes - writes} writes`);
});

Deno.test("a camera that falls silent has its newest frame stored", async () => {
  await using edge = await TestEdge.start();
  await upload(edge, 3, 1000);
  const newest = edge.edge.deps.hub.cameras[0].newestVersion;
  assert.notEqual((await edge.store.head("cam"))!.version, newest);
  await edge.clock.tick(31_000);
  assert.equal((await edge.store.head("cam"))!.version, newest);
});

Deno.test("a camera that was silent before a restart is called so at once after it", async () => {
  const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
  const edge = await TestEdge.start({}, path);
  const state = async (of: TestEdge) => (await (await of.request("/status.json")).json()).state;
  await upload(edge, 3, 1000);
  await edge.clock.tick(60_000);
  assert.equal(await state(edge), "stale");
  await edge.stop();
  const again = await TestEdge.start({}, path, { clock: edge.clock });
  assert.equal(await state(again), "stale");
  // Back, it says so to all: what is stored is no longer the last word.
  await upload(again, 3, 1000);
  await again.clock.tick(60_000);
  await upload(again, 1, 1000);
  const newest = again.edge.deps.hub.cameras[0].newestVersion;
  assert.equal((await again.store.head("cam"))!.version, newest);
  await again.stop();
  await Deno.remove(path);
});

Deno.test("the last frame is stored when the edge stops, and served by the next at once", async () => {
  const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
  const edge = await TestEdge.start({}, path);
  await upload(edge, 3, 1000);
  const newest = edge.edge.deps.hub.cameras[0].newestVersion;
  await edge.stop();
  await using again = await TestEdge.start({}, path);
  const live = await again.request("/live.jpeg");
  assert.equal(live.headers.get("etag"), `"${newest}"`);
  assert.deepEqual(await live.bytes(), frames[0]);
  await again.stop();
  await Deno.remove(path);
});

Deno.test("what a killed edge had not finished goes with the first frame of the next", async () => {
  const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
  const killed = await TestEdge.start({}, path);
  await upload(killed, 1, 1000);
  const unfinished = killed.edge.deps.hub.cameras[0].newestVersion + 500;
  await killed.stop();
  const kv = await Deno.openKv(path);
  await kv.set(pendingKey("cam", unfinished), { chunks: 1 });
  await kv.set(chunkKey("cam", unfinished, 0), new Uint8Array(10));
  await using next = await TestEdge.start({}, path);
  await next.clock.tick(1000);
  await upload(next, 1, 1000);
  // Only then what was begun is stored for certain.
  await next.stop();
  const left = await kv.getMany([pendingKey("cam", unfinished), chunkKey("cam", unfinished, 0)]);
  assert.deepEqual(left.map(({ value }) => value), [null, null]);
  kv.close();
  await Deno.remove(path);
});

Deno.test("a store that fails is told once and delays no live frame", async () => {
  const edge = await TestEdge.start({ PERCH_KEYFRAME_S: "1" });
  edge.store.close();
  await upload(edge, 5, 2000);
  assert.equal((await edge.request("/live.jpeg")).status, 200);
  assert.equal(edge.lines.filter((line) => line.startsWith("could not")).length, 1);
  assert.equal((await edge.request("/health")).status, 503);
  await edge.stop();
});
