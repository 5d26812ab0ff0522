import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

const small = await baseline(160, 120);
const large = await baseline(320, 240);

Deno.test("GET /live.jpeg is the newest frame with its ETag, age and state", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const put = await edge.put(large);
  await edge.clock.tick(2500);
  const response = await edge.request("/live.jpeg");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("etag"), put.headers.get("etag"));
  assert.equal(response.headers.get("age"), "2");
  assert.equal(response.headers.get("perch-state"), "live");
  assert.equal(
    response.headers.get("cache-control"),
    "public, max-age=0, s-maxage=1, stale-while-revalidate=5",
  );
  assert.ok(response.headers.has("last-modified"));
  assert.deepEqual(await response.bytes(), large);
});

Deno.test("a client that has the newest frame gets 304 without a body", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const response = await edge.request("/live.jpeg", { headers: { "if-none-match": known } });
    assert.equal(response.status, 304, known);
    assert.equal((await response.bytes()).length, 0);
  }
  const response = await edge.request("/live.jpeg", { headers: { "if-none-match": '"1"' } });
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("a client that says when its picture was made gets 304 by date, unless it knows a tag", async () => {
  await using edge = await TestEdge.start({ PERCH_KEYFRAME_S: "1" });
  await edge.put(small);
  await edge.clock.tick(2000);
  const { frames: [kept] } = await (await edge.request("/frames")).json();
  for (const path of ["/live.jpeg", `/frames/${kept.version}.jpeg`]) {
    const ask = async (headers: HeadersInit) => {
      const response = await edge.request(path, { headers });
      await response.body?.cancel();
      return response;
    };
    const date = (await ask({})).headers.get("last-modified")!;
    const second = (ms: number) => new Date(Date.parse(date) + ms).toUTCString();
    const status = async (headers: HeadersInit) => (await ask(headers)).status;
    assert.equal(await status({ "if-modified-since": date }), 304, path);
    assert.equal(await status({ "if-modified-since": second(1000) }), 304, path);
    assert.equal(await status({ "if-modified-since": second(-1000) }), 200, path);
    assert.equal(await status({ "if-modified-since": "yesterday" }), 200, path);
    assert.equal(await status({ "if-modified-since": date, "if-none-match": '"1"' }), 200, path);
  }
});

Deno.test("?wait with a date holds until a picture of a later second is there", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const date = (await edge.request("/live.jpeg", { method: "HEAD" })).headers.get("last-modified")!;
  const waiting = edge.request("/live.jpeg?wait=20", { headers: { "if-modified-since": date } });
  await edge.clock.tick(5000);
  await edge.put(large);
  assert.deepEqual(await (await waiting).bytes(), large);
});

Deno.test("HEAD /live.jpeg has the length and no body", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const response = await edge.request("/live.jpeg", { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-length"), String(small.length));
  assert.equal(response.body, null);
});

Deno.test("?wait holds until a newer frame is there", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  const waiting = edge.request("/live.jpeg?wait=20", { headers: { "if-none-match": etag } });
  await edge.clock.tick(5000);
  await edge.put(large);
  const response = await waiting;
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), large);
});

Deno.test("?wait ends with 304 when nothing newer came", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  const waiting = edge.request("/live.jpeg?wait=20", { headers: { "if-none-match": etag } });
  await edge.clock.tick(20_001);
  assert.equal((await waiting).status, 304);
});

Deno.test("who waits counts as a viewer all the time", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  const waiting = edge.request("/live.jpeg?wait=20", { headers: { "if-none-match": etag } });
  const viewers = async () => (await (await edge.request("/status.json")).json()).viewers;
  for (let s = 0; s < 19; s++) {
    await edge.clock.tick(1000);
    assert.equal(await viewers(), 1, `after ${s + 1} s`);
  }
  await edge.put(large);
  assert.deepEqual(await (await waiting).bytes(), large);
});

Deno.test("?wait without If-None-Match answers at once", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const response = await edge.request("/live.jpeg?wait=20");
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("?wait beyond its bounds answers 422", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  for (const wait of ["31", "-1", "soon", ""]) {
    assert.equal((await edge.request(`/live.jpeg?wait=${wait}`)).status, 422, wait);
  }
});

Deno.test("no frame yet and an unknown camera answer 404", async () => {
  await using edge = await TestEdge.start();
  assert.equal((await edge.request("/live.jpeg")).status, 404);
  assert.equal((await edge.request("/cams/barn/live.jpeg")).status, 404);
  assert.equal((await edge.request("/cams/%2e%2e/live.jpeg")).status, 404);
});

Deno.test("a poller counts as a viewer for ten seconds", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  await (await edge.request("/live.jpeg")).body?.cancel();
  const viewers = async () => (await (await edge.request("/status.json")).json()).viewers;
  assert.equal(await viewers(), 1);
  await edge.clock.tick(9000);
  assert.equal(await viewers(), 1);
  await edge.clock.tick(2000);
  assert.equal(await viewers(), 0);
});

Deno.test("a private cam wants the view token, as Bearer or as password", async () => {
  await using edge = await TestEdge.start({ PERCH_VIEW_TOKEN: "only-for-the-family" });
  await edge.put(small);
  const refused = await edge.request("/live.jpeg");
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate")!, /^Basic/);
  const credentials = [
    "Bearer only-for-the-family",
    `Basic ${btoa("me:only-for-the-family")}`,
  ];
  for (const authorization of credentials) {
    const response = await edge.request("/live.jpeg", { headers: { authorization } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("cache-control")!, /private/);
    await response.body?.cancel();
  }
});

Deno.test("another edge over the same store serves the last stored frame at once", async () => {
  const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
  {
    await using edge = await TestEdge.start({}, path);
    await edge.put(small);
    await edge.put(large);
  }
  await using again = await TestEdge.start({}, path);
  const response = await again.request("/live.jpeg");
  assert.deepEqual(await response.bytes(), large);
  await again.stop();
  await Deno.remove(path);
});

Deno.test("a held request ends when its client goes, and costs its address nothing more", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  await using server = edge.listen();
  const { waits } = edge.edge.deps.limits;
  const held = (count: number) => edge.until(() => waits.seated === count);
  for (let round = 0; round < 2; round++) {
    const gone = new AbortController();
    const polls = Array.from({ length: 5 }, () =>
      fetch(`${server.url}/live.jpeg?wait=30`, {
        headers: { "if-none-match": etag },
        signal: gone.signal,
      }));
    await held(5);
    gone.abort();
    await Promise.allSettled(polls);
    await held(0);
  }
});

Deno.test("a held request is woken by a newer frame only, and once for all who wait", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  const ask = () => edge.request("/live.jpeg?wait=20", { headers: { "if-none-match": etag } });
  const waiting = [ask(), ask(), ask()];
  await edge.put(large);
  for (const response of await Promise.all(waiting)) {
    assert.equal(response.status, 200);
    assert.deepEqual(await response.bytes(), large);
  }
});

Deno.test("where too many pictures are being made, all who wait for the same one are asked to come back", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(large)).headers.get("etag")!;
  const { hub, images, limits, renditions } = edge.edge.deps;
  images!.scale = () => new Promise(() => {});
  const frame = hub.known("cam")!.latest.value!;
  for (let version = 1; version <= 64; version++) void renditions.get({ ...frame, version }, 160);
  const headers = { "if-none-match": etag };
  const held = [1, 2, 3].map(() => edge.request("/live.jpeg?w=160&wait=20", { headers }));
  await edge.until(() => limits.waits.seated === 3);
  await edge.put(await baseline(320, 240));
  for (const answer of await Promise.all(held)) {
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
    assert.match((await answer.json()).detail, /Too many pictures are being made/);
  }
});
