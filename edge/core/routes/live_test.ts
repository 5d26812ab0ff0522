import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

const small = await baseline(160, 120);
const large = await baseline(320, 240);

/** What `/live.jpeg` answers; the body is let go of where it is not wanted. */
async function ask(edge: TestEdge, headers: HeadersInit = {}, path = "/live.jpeg") {
  const response = await edge.request(path, { headers });
  const bytes = await response.bytes();
  return { status: response.status, headers: response.headers, bytes };
}

async function viewers(edge: TestEdge): Promise<number> {
  return (await (await edge.request("/status.json")).json()).viewers;
}

Deno.test("GET /live.jpeg is the newest frame with its ETag, age and state, HEAD without a body", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const put = await edge.put(large);
  await edge.clock.tick(2500);
  const { status, headers, bytes } = await ask(edge);
  assert.deepEqual([status, bytes], [200, large]);
  assert.ok(headers.has("last-modified"));
  const wanted = {
    "content-type": "image/jpeg",
    "etag": put.headers.get("etag"),
    "age": "2",
    "perch-state": "live",
    "cache-control": "public, max-age=0, s-maxage=1, stale-while-revalidate=5",
  };
  for (const [name, value] of Object.entries(wanted)) assert.equal(headers.get(name), value, name);
  const head = await edge.request("/live.jpeg", { method: "HEAD" });
  assert.deepEqual([head.status, head.body], [200, null]);
  assert.equal(head.headers.get("content-length"), String(large.length));
});

Deno.test("a client that has the newest frame gets 304 without a body", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const { status, bytes } = await ask(edge, { "if-none-match": known });
    assert.deepEqual([status, bytes.length], [304, 0], known);
  }
  assert.equal((await ask(edge, { "if-none-match": '"1"' })).status, 200);
});

Deno.test("a client that says when its picture was made gets 304 by date, unless it knows a tag", async () => {
  await using edge = await TestEdge.start({ PERCH_KEYFRAME_S: "1" });
  await edge.put(small);
  await edge.clock.tick(2000);
  const { frames: [kept] } = await (await edge.request("/frames")).json();
  for (const path of ["/live.jpeg", `/frames/${kept.version}.jpeg`]) {
    const date = (await ask(edge, {}, path)).headers.get("last-modified")!;
    const second = (ms: number) => new Date(Date.parse(date) + ms).toUTCString();
    const cases: [number, HeadersInit][] = [
      [304, { "if-modified-since": date }],
      [304, { "if-modified-since": second(1000) }],
      [200, { "if-modified-since": second(-1000) }],
      [200, { "if-modified-since": "yesterday" }],
      [200, { "if-modified-since": date, "if-none-match": '"1"' }],
    ];
    for (const [status, headers] of cases) {
      assert.equal((await ask(edge, headers, path)).status, status, JSON.stringify(headers));
    }
  }
});

Deno.test("?wait holds until a frame newer than the tag or date that is known, for all who wait", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const { headers } = await edge.request("/live.jpeg", { method: "HEAD" });
  const known = ["if-none-match", "if-none-match", "if-modified-since"];
  const told = [headers.get("etag")!, headers.get("etag")!, headers.get("last-modified")!];
  const held = known.map((name, i) => ask(edge, { [name]: told[i] }, "/live.jpeg?wait=20"));
  for (let s = 0; s < 19; s++) {
    await edge.clock.tick(1000);
    assert.equal(await viewers(edge), 1, `after ${s + 1} s who waits is a viewer`);
  }
  await edge.put(large);
  for (const { status, bytes } of await Promise.all(held)) {
    assert.deepEqual([status, bytes], [200, large]);
  }
});

Deno.test("?wait ends with 304 when nothing newer came, and waits for nothing where nothing is known", async () => {
  await using edge = await TestEdge.start();
  const etag = (await edge.put(small)).headers.get("etag")!;
  const waiting = ask(edge, { "if-none-match": etag }, "/live.jpeg?wait=20");
  await edge.clock.tick(20_001);
  assert.equal((await waiting).status, 304);
  assert.equal((await ask(edge, {}, "/live.jpeg?wait=20")).status, 200);
  for (const wait of ["31", "-1", "soon", ""]) {
    assert.equal((await ask(edge, {}, `/live.jpeg?wait=${wait}`)).status, 422, wait);
  }
});

Deno.test("no frame yet and an unknown camera answer 404", async () => {
  await using edge = await TestEdge.start();
  for (const path of ["/live.jpeg", "/cams/barn/live.jpeg", "/cams/%2e%2e/live.jpeg"]) {
    assert.equal((await ask(edge, {}, path)).status, 404, path);
  }
});

Deno.test("a poller counts as a viewer for ten seconds", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  await ask(edge);
  assert.equal(await viewers(edge), 1);
  await edge.clock.tick(9000);
  assert.equal(await viewers(edge), 1);
  await edge.clock.tick(2000);
  assert.equal(await viewers(edge), 0);
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
