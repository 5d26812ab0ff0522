import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { FRAME_HEADER_BYTES, KIND, readRecordHeader } from "../../../shared/wire_frame.ts";

const small = await baseline(160, 120);
const large = await baseline(320, 240);

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A record: a message as what it says, a picture as its camera and bytes. */
function decode(bytes: Uint8Array) {
  const header = readRecordHeader(bytes)!;
  const content = bytes.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + header.length);
  const rest = bytes.subarray(FRAME_HEADER_BYTES + header.length);
  if (header.kind === KIND.message) {
    return { header, message: JSON.parse(new TextDecoder().decode(content)), rest };
  }
  return { header, jpeg: content, rest };
}

async function next(reader: Reader) {
  return decode((await reader.read()).value!);
}

async function nextPicture(reader: Reader) {
  for (;;) {
    const record = await next(reader);
    if (record.jpeg) return record;
  }
}

function allRecords(bytes: Uint8Array) {
  const records: ReturnType<typeof decode>[] = [];
  for (let rest = bytes; rest.length > 0; rest = records.at(-1)!.rest) records.push(decode(rest));
  return records;
}

async function open(edge: TestEdge, query = ""): Promise<Reader> {
  const response = await edge.request(`/live.stream${query}`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  return response.body!.getReader();
}

function versionOf(response: Response): number {
  return Number(/\d+/.exec(response.headers.get("etag")!)![0]);
}

async function viewers(edge: TestEdge): Promise<number> {
  return (await (await edge.request("/status.json")).json()).viewers;
}

Deno.test("the stream says hello, brings each picture and states, and its reader is a viewer", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const reader = await open(edge);
  assert.equal(await viewers(edge), 1);
  const { message } = await next(reader);
  assert.deepEqual([message.type, message.now], ["hello", edge.clock.now()]);
  assert.deepEqual(message.cams.map((one: { camera: number }) => one.camera), [0]);
  assert.deepEqual((await nextPicture(reader)).jpeg, small);
  const version = versionOf(await edge.put(large));
  const { header, jpeg } = await nextPicture(reader);
  assert.deepEqual(jpeg, large);
  assert.deepEqual([header.version, header.length], [version, large.length]);
  const told = next(reader);
  await edge.clock.tick(1000);
  assert.equal((await told).message.type, "status");
  await reader.cancel();
  assert.equal(await viewers(edge), 0);
});

Deno.test("a slow reader of several cameras gets the newest of each, and holds up nobody", async () => {
  await using edge = await TestEdge.start();
  for (const cam of ["a", "b"]) await edge.put(small, {}, `/cams/${cam}/live.jpeg`);
  const reader = await open(edge, "?cams=a,b");
  await next(reader);
  const newest: Record<number, number> = {};
  for (let n = 0; n < 5; n++) {
    for (const [i, cam] of ["a", "b"].entries()) {
      newest[i] = versionOf(await edge.put(large, {}, `/cams/${cam}/live.jpeg`));
    }
  }
  const got = [await nextPicture(reader), await nextPicture(reader)];
  const versions = Object.fromEntries(got.map(({ header }) => [header.camera, header.version]));
  assert.deepEqual(versions, newest);
  await reader.cancel();
});

Deno.test("asked again, what is newer comes at once, states with it", async () => {
  await using edge = await TestEdge.start();
  const a = versionOf(await edge.put(small, {}, "/cams/a/live.jpeg"));
  await edge.put(large, {}, "/cams/b/live.jpeg");
  const response = await edge.request(`/live?cams=a,b&have=${a},0&wait=20`);
  const bytes = await response.bytes();
  assert.equal(response.headers.get("content-length"), `${bytes.length}`);
  const [hello, picture, ...more] = allRecords(bytes);
  assert.equal(hello.message.type, "hello");
  const told = hello.message.cams.map((one: { status: { cam: string } }) => one.status.cam);
  assert.deepEqual(told, ["a", "b"]);
  assert.deepEqual([picture.header.camera, picture.jpeg], [1, large]);
  assert.equal(more.length, 0);
});

Deno.test("asked again without news, the request is held until one camera has some", async () => {
  await using edge = await TestEdge.start();
  const have: number[] = [];
  for (const cam of ["a", "b"]) {
    have.push(versionOf(await edge.put(small, {}, `/cams/${cam}/live.jpeg`)));
  }
  const held = edge.request(`/live?cams=a,b&have=${have}&wait=20`);
  await edge.put(large, {}, "/cams/b/live.jpeg");
  const [, picture, ...more] = allRecords(await (await held).bytes());
  assert.deepEqual([picture.header.camera, picture.jpeg, more.length], [1, large, 0]);
});

Deno.test("a held request counts as a viewer, and ends with time, a state or its client", async () => {
  await using edge = await TestEdge.start();
  const have = versionOf(await edge.put(small));
  const { waits } = edge.edge.deps.limits;
  const path = `/live?have=${have}&wait=5`;
  const held = edge.request(path);
  await edge.until(() => waits.seated === 1);
  assert.equal(await viewers(edge), 1);
  await edge.clock.tick(5000);
  assert.equal(allRecords(await (await held).bytes()).length, 1, "hello alone");
  const gone = new AbortController();
  const left = edge.request(path, { signal: gone.signal });
  await edge.until(() => waits.seated === 1);
  gone.abort();
  await left;
  assert.equal(waits.seated, 0);
});

Deno.test("records are smaller pictures where they are asked for, and refused like every route", async () => {
  await using edge = await TestEdge.start();
  await edge.put(large);
  const [, picture] = allRecords(await (await edge.request("/live?w=160")).bytes());
  assert.ok(picture.jpeg!.length < large.length);
  const reader = await open(edge, "?w=160");
  assert.deepEqual((await nextPicture(reader)).jpeg, picture.jpeg);
  await reader.cancel();
  for (const [path, status] of [["?w=7", 422], ["?cams=none", 404], ["?wait=x", 422]] as const) {
    assert.equal((await edge.request(`/live${path}`)).status, status, path);
  }
  const many = Array.from({ length: 33 }, (_, i) => `c${i}`).join(",");
  assert.equal((await edge.request(`/live.stream?cams=${many}`)).status, 422);
});
