import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { TempDir } from "../../../shared/testing/temp.ts";

const frame = await baseline(160, 120);
const headers = { authorization: `Bearer ${TEST_TOKEN}` };

Deno.test("a camera is told another interval at once, the one it knows when it changes or time is up", async () => {
  await using edge = await TestEdge.start({ PERCH_FPS: "4" });
  await edge.put(frame);
  const demand = async (known: number) =>
    await (await edge.request(`/demand?interval=${known}&wait=30`, { headers })).json();
  assert.deepEqual(await demand(100), { interval: 10_000, viewers: 0 });
  const unchanged = demand(10_000);
  await edge.clock.tick(30_001);
  assert.deepEqual(await unchanged, { interval: 10_000, viewers: 0 });
  const waiting = demand(10_000);
  const stream = await edge.request("/stream.mjpeg");
  assert.deepEqual(await waiting, { interval: 250, viewers: 1 });
  await stream.body!.cancel();
});

Deno.test("a camera that has gone is not told at once any more what is wanted", async () => {
  await using edge = await TestEdge.start({ PERCH_FPS: "4" });
  await edge.put(frame);
  await edge.clock.tick(1000);
  const stream = await edge.request("/stream.mjpeg");
  const { contact } = edge.edge.deps.hub.open("cam")!;
  assert.equal(contact.reached, false);
  let ended = () => {};
  const over = new Promise<void>((resolve) => ended = resolve);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request, info) => {
      const answer = await edge.edge.fetch(request, info);
      ended();
      return answer;
    },
  );
  const client = new AbortController();
  const url = `http://127.0.0.1:${server.addr.port}/demand?interval=250&wait=60`;
  const gone = assert.rejects(fetch(url, { headers, signal: client.signal }));
  while (!contact.reached) await new Promise((go) => setTimeout(go, 1));
  client.abort();
  await Promise.all([gone, over]);
  assert.equal(contact.reached, false);
  await stream.body!.cancel();
  await server.shutdown();
});

Deno.test("of one camera only so many requests wait, another one goes on", async () => {
  await using edge = await TestEdge.start();
  const wait = (cam: string) =>
    edge.request(`/cams/${cam}/demand?interval=10000&wait=30`, { headers });
  const held = Array.from({ length: 64 }, () => wait("cam"));
  const { contact } = edge.edge.deps.hub.open("cam")!;
  await edge.until(() => contact.listening === 64);
  const refused = await wait("cam");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "5"]);
  const socket = await edge.request("/publish?session=s", {
    headers: {
      ...headers,
      ...{ "upgrade": "websocket", "connection": "Upgrade" },
      ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    },
  });
  assert.equal(socket.status, 429);
  held.push(wait("garden"));
  await edge.clock.tick(30_001);
  for (const answer of held) assert.equal((await answer).status, 200);
});

Deno.test("a camera's report shows until its next frame, what a running one says until it reports anew", async () => {
  await using edge = await TestEdge.start();
  const report = (body: string) => edge.request("/report", { method: "PUT", body, headers });
  assert.equal((await report("{}")).status, 422);
  assert.equal((await report("nonsense")).status, 422);
  const error = "no cameras available: check the cable";
  const good = await report(JSON.stringify({ state: "failing", error, detail: ["ERROR: *** …"] }));
  assert.equal(good.status, 204);
  const lastError = async () => (await (await edge.request("/cams")).json()).cams[0].lastError;
  assert.equal(await lastError(), error);
  await edge.put(frame);
  assert.equal(await lastError(), undefined);
  await report('{"state":"running","error":"the same picture for 5 min"}');
  await edge.put(frame);
  assert.equal(await lastError(), "the same picture for 5 min");
  await report('{"state":"running"}');
  assert.equal(await lastError(), undefined);
});

Deno.test("cameras are called and ordered by the names that they report", async () => {
  await using edge = await TestEdge.start({ PERCH_TITLE: "Our garden" });
  for (const [cam, name] of [["cam", "Küche"], ["pond", undefined], ["one", "Front <door>"]]) {
    await edge.put(frame, {}, `/cams/${cam}/live.jpeg`);
    const body = JSON.stringify({ state: "running", name, zone: "America/New_York" });
    const told = await edge.request(`/cams/${cam}/report`, { method: "PUT", body, headers });
    assert.equal(told.status, 204);
  }
  const { cams } = await (await edge.request("/cams")).json();
  assert.deepEqual(cams.map(({ cam }: { cam: string }) => cam), ["one", "cam", "pond"]);
  assert.deepEqual([cams[1].name, cams[1].zone], ["Küche", "America/New_York"]);
  const html = { headers: { accept: "text/html" } };
  const page = await (await edge.request("/cams/one", html)).text();
  assert.match(page, /<title>Front &lt;door&gt; · Our garden<\/title>/);
  assert.match(page, /<h1[^>]*>Front &lt;door&gt;<\/h1>/);
  const wall = await (await edge.request("/cams", html)).text();
  assert.match(wall, /data-cams="one,cam,pond".*Front &lt;door&gt;.*Küche.*pond/s);
});

Deno.test("a camera whose name nobody sees has none, and is called by its id", async () => {
  await using edge = await TestEdge.start();
  for (const name of [" ", "\0", "\u200b\u00a0", "\ud800"]) {
    const body = JSON.stringify({ state: "running", name });
    const { status } = await edge.request("/cams/pond/report", { method: "PUT", headers, body });
    const { cams } = await (await edge.request("/cams")).json();
    assert.deepEqual([status, cams[0].cam, cams[0].name], [204, "pond", undefined]);
  }
});

Deno.test("names and their order outlast a restart, though no camera comes back", async () => {
  await using dir = new TempDir();
  const path = `${dir}/perch.sqlite`;
  const clock = new FakeClock();
  const before = await TestEdge.start({}, path, { clock });
  for (const [cam, name] of [["b", "Kamera 10"], ["c", "kamera 9"], ["a", "Kamera 10"]]) {
    const body = JSON.stringify({ state: "starting", name, zone: "Europe/Zurich" });
    await before.request(`/cams/${cam}/report`, { method: "PUT", body, headers });
    await before.put(frame, {}, `/cams/${cam}/live.jpeg`);
    while (!await before.store.head(cam)) await clock.tick(100);
  }
  await before.stop();
  await using after = await TestEdge.start({}, path, { clock });
  const { cams } = await (await after.request("/cams")).json();
  assert.deepEqual(
    cams.map(({ cam, name, zone }: Record<string, string>) => [cam, name, zone]),
    ["c:kamera 9", "a:Kamera 10", "b:Kamera 10"].map((one) => [...one.split(":"), "Europe/Zurich"]),
  );
  await after.put(frame, {}, "/cams/c/live.jpeg");
  await after.clock.tick(400_000);
  await after.put(frame, {}, "/cams/c/live.jpeg");
  await after.clock.tick(1000);
  assert.equal((await after.store.head("c"))?.about?.name, "kamera 9", "nothing was told since");
});

/** So that a camera is soon called lost. */
const IMPATIENT = { PERCH_STALE_S: "1", PERCH_IDLE_INTERVAL_S: "1", PERCH_KEYFRAME_S: "1" };

function forget(edge: TestEdge, cam: string): Promise<Response> {
  return edge.request(`/cams/${cam}`, { method: "DELETE", headers });
}

Deno.test("a retired camera that is forgotten makes room, and health is green again", async () => {
  await using edge = await TestEdge.start(IMPATIENT);
  const put = (cam: string) => edge.put(frame, {}, `/cams/${cam}/live.jpeg`);
  for (let i = 0; i < 32; i++) assert.equal((await put(`old-${i}`)).status, 204);
  const refused = await put("new");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "60"]);
  assert.equal((await put("old-0")).status, 204);
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
  const numbers = edge.edge.deps.hub.cameras.map(({ number }) => number);
  assert.equal(new Set(numbers).size, 2, "each has its own number");
});

Deno.test("what was on its way to the store does not bring a forgotten camera back", async () => {
  await using edge = await TestEdge.start(IMPATIENT);
  for (let i = 0; i < 5; i++) {
    await edge.clock.tick(1000);
    await edge.put(frame);
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
  await edge.put(frame);
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
  await edge.put(frame);
  while (!await store.head("cam")) await edge.clock.tick(100);
  const { hub } = edge.edge.deps;
  hub.forget("cam");
  const reading = Promise.withResolvers<void>();
  const forgotten = Promise.withResolvers<void>();
  const read = store.newest;
  store.newest = async (cam) => {
    const found = await read.call(store, cam);
    reading.resolve();
    await forgotten.promise;
    return found;
  };
  const asked = edge.request("/live.jpeg");
  await reading.promise;
  assert.equal((await forget(edge, "cam")).status, 204);
  forgotten.resolve();
  assert.equal((await asked).status, 404);
  assert.deepEqual(hub.cameras, []);
});

Deno.test("other instances forget the camera too, and not one that they receive", async () => {
  await using dir = new TempDir();
  const clock = new FakeClock();
  const start = (instance: string) =>
    TestEdge.start({}, `${dir}/perch.sqlite`, { instance, clock });
  const [a, b] = [await start("a"), await start("b")];
  await a.put(frame);
  await a.put(frame, {}, "/cams/other/live.jpeg");
  for (const cam of ["cam", "other"]) while (!await a.store.head(cam)) await clock.tick(100);
  await clock.tick(6000);
  assert.equal((await b.request("/cams")).status, 200);
  assert.equal(b.edge.deps.hub.cameras.length, 2);
  await clock.tick(20_000);
  await b.put(frame, {}, "/cams/other/live.jpeg");
  await forget(a, "cam");
  await forget(a, "other");
  await clock.tick(6000);
  await (await b.request("/cams")).body?.cancel();
  assert.deepEqual(b.edge.deps.hub.cameras.map(({ cam }) => cam), ["other"]);
  await a.stop();
  await b.stop();
});
