import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

/** So that a camera is soon called lost. */
const IMPATIENT = { PERCH_STALE_S: "1", PERCH_IDLE_INTERVAL_S: "1", PERCH_KEYFRAME_S: "1" };
const jpeg = await baseline(64, 48);
const HEADERS = { authorization: `Bearer ${TEST_TOKEN}` };

function forget(edge: TestEdge, cam: string): Promise<Response> {
  return edge.request(`/cams/${cam}`, { method: "DELETE", headers: HEADERS });
}

Deno.test("a retired camera that is forgotten makes room, and health is green again", async () => {
  await using edge = await TestEdge.start(IMPATIENT);
  const put = (cam: string) => edge.put(jpeg, {}, `/cams/${cam}/live.jpeg`);
  for (let i = 0; i < 32; i++) assert.equal((await put(`old-${i}`)).status, 204);
  assert.equal((await put("new")).status, 503);
  await edge.until(() => edge.store.state.pending === 0);
  const stream = await edge.request("/cams/old-0/stream.mjpeg");
  await edge.clock.tick(10_000);
  assert.equal((await edge.request("/health")).status, 503);
  for (let i = 0; i < 32; i++) assert.equal((await forget(edge, `old-${i}`)).status, 204);
  await stream.arrayBuffer();
  assert.equal((await edge.request("/cams/old-0/live.jpeg")).status, 404);
  assert.equal((await edge.request("/health")).status, 200);
  assert.deepEqual(await edge.store.cams(), []);
  assert.equal((await put("new")).status, 204);
  assert.equal((await put("old-0")).status, 204, "one that comes again is taken");
  assert.equal((await edge.request("/cams/old-0/live.jpeg")).status, 200);
  const numbers = edge.edge.deps.hub.cameras.map(({ camera }) => camera);
  assert.equal(new Set(numbers).size, 2, "each has its own number");
});

Deno.test("what was on its way to the store does not bring a forgotten camera back", async () => {
  await using edge = await TestEdge.start(IMPATIENT);
  for (let i = 0; i < 5; i++) {
    await edge.clock.tick(1000);
    await edge.put(jpeg);
  }
  const metrics = async () => await (await edge.request("/metrics")).text();
  assert.match(await metrics(), /cam="cam"/);
  await forget(edge, "cam");
  await edge.clock.tick(20_000);
  await edge.edge.stop();
  assert.deepEqual(await edge.store.cams(), []);
  assert.doesNotMatch(await metrics(), /cam="cam"/);
});

Deno.test("whoever asks for a camera while it is forgotten does not bring it back", async () => {
  await using edge = await TestEdge.start();
  const { store } = edge;
  await edge.put(jpeg);
  while (!await store.head("cam")) await edge.clock.tick(100);
  const deleteAll = store.forget;
  store.forget = async (cam) => {
    assert.equal((await edge.request("/live.jpeg")).status, 200, "all is there still");
    await deleteAll.call(store, cam);
  };
  assert.equal((await forget(edge, "cam")).status, 204);
  assert.equal((await edge.request("/live.jpeg")).status, 404);
});

Deno.test("what was read of a camera before it was forgotten does not bring it back", async () => {
  await using edge = await TestEdge.start();
  const { store } = edge;
  await edge.put(jpeg);
  while (!await store.head("cam")) await edge.clock.tick(100);
  const { hub } = edge.edge.deps;
  hub.forget("cam");
  const reading = Promise.withResolvers<void>();
  const forgotten = Promise.withResolvers<void>();
  const read = store.newest;
  store.newest = async (cam) => {
    const frame = await read.call(store, cam);
    reading.resolve();
    await forgotten.promise;
    return frame;
  };
  const asked = edge.request("/live.jpeg");
  await reading.promise;
  assert.equal((await forget(edge, "cam")).status, 204);
  forgotten.resolve();
  assert.equal((await asked).status, 404);
  assert.deepEqual(hub.cameras, []);
});

Deno.test("other instances forget the camera too, and not one that they receive", async () => {
  const dir = await Deno.makeTempDir();
  const clock = new FakeClock();
  const start = (instance: string) =>
    TestEdge.start({}, `${dir}/perch.sqlite`, { instance, clock });
  const [a, b] = [await start("a"), await start("b")];
  await a.put(jpeg);
  await a.put(jpeg, {}, "/cams/other/live.jpeg");
  for (const cam of ["cam", "other"]) while (!await a.store.head(cam)) await clock.tick(100);
  await clock.tick(6000);
  assert.equal((await b.request("/cams")).status, 200);
  assert.equal(b.edge.deps.hub.cameras.length, 2);
  await clock.tick(20_000);
  await b.put(jpeg, {}, "/cams/other/live.jpeg");
  await forget(a, "cam");
  await forget(a, "other");
  await clock.tick(6000);
  await (await b.request("/cams")).body?.cancel();
  assert.deepEqual(b.edge.deps.hub.cameras.map(({ cam }) => cam), ["other"]);
  await a.stop();
  await b.stop();
  await Deno.remove(dir, { recursive: true });
});
