import assert from "node:assert/strict";
import type { Frame } from "../../../shared/frame.ts";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import { baseline, loadSharp } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { toolPath, toolTest } from "../../../shared/testing/tools.ts";

const MINUTE = 60_000;

/** An edge with `count` keyframes of "cam", a minute apart, the newest now. */
async function edgeWithPast(count: number): Promise<{ edge: TestEdge; frames: Frame[] }> {
  const edge = await TestEdge.start();
  const jpeg = await baseline();
  const frames: Frame[] = [];
  for (let i = count; i-- > 0;) {
    const version = edge.clock.now() - i * MINUTE;
    const meta = { version, size: jpeg.length, width: 320, height: 240 };
    const frame = { cam: "cam", ...meta, capturedAt: version, receivedAt: version, jpeg };
    await edge.store.put(frame, { history: true });
    frames.push(frame);
  }
  return { edge, frames };
}

Deno.test("the index lists what is kept, newest first, within a range", async () => {
  const { edge, frames } = await edgeWithPast(4);
  await using _ = edge;
  const all = await (await edge.request("/frames")).json();
  assert.deepEqual(
    all.frames.map(({ version }: Frame) => version),
    frames.map(({ version }) => version).reverse(),
  );
  const [, second, third] = frames;
  const some = await (await edge.request(
    `/cams/cam/frames?from=${second.version}&to=${third.version}`,
  )).json();
  assert.deepEqual(some.frames.map(({ version }: Frame) => version), [
    third.version,
    second.version,
  ]);
  const one = await (await edge.request("/frames?limit=1")).json();
  assert.equal(one.frames.length, 1);
  assert.equal((await edge.request("/frames?limit=0")).status, 422);
});

Deno.test("a kept picture is the camera's own bytes and may be cached for a year", async () => {
  const { edge, frames: [frame] } = await edgeWithPast(2);
  await using _ = edge;
  const path = `/frames/${frame.version}.jpeg`;
  const answer = await edge.request(path);
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), frame.jpeg);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
  const etag = answer.headers.get("etag")!;
  const { reads } = edge.store.state;
  const again = await edge.request(path, { headers: { "if-none-match": etag } });
  assert.deepEqual([again.status, edge.store.state.reads], [304, reads], "the store is not asked");
  for (const wrong of ["12.jpeg", "x.jpeg", `${frame.version}.png`]) {
    assert.equal((await edge.request(`/frames/${wrong}`)).status, 404, wrong);
  }
});

Deno.test("a kept picture and the live one come smaller with w, and never larger", async () => {
  const { edge, frames: [frame] } = await edgeWithPast(2);
  await using _ = edge;
  const sharp = await loadSharp();
  for (const path of [`/frames/${frame.version}.jpeg`, "/live.jpeg"]) {
    const small = await edge.request(`${path}?w=160`);
    const { width, height } = await sharp(await small.arrayBuffer()).metadata();
    assert.deepEqual([width, height], [160, 120], path);
    const large = await edge.request(`${path}?w=640`);
    assert.deepEqual(new Uint8Array(await large.arrayBuffer()), frame.jpeg, path);
    assert.equal((await edge.request(`${path}?w=161`)).status, 422, path);
  }
});

Deno.test("a damaged picture comes smaller too, and one that cannot be scaled as it is", async () => {
  await using edge = await TestEdge.start();
  const whole = await baseline(320, 240);
  const damaged = whole.slice();
  damaged.fill(0x55, damaged.length >> 1, (damaged.length >> 1) + 300);
  // Progressive, of a size that would be in memory as a whole.
  const sharp = await loadSharp();
  const huge = new Uint8Array(await sharp(whole).jpeg({ progressive: true }).toBuffer());
  const sizeAt = huge.findIndex((byte, i) => byte === 0xff && huge[i + 1] === 0xc2) + 5;
  new DataView(huge.buffer).setUint32(sizeAt, 9000 * 0x10000 + 11_000);
  for (const [jpeg, width] of [[damaged, 160], [huge, 11_000]] as const) {
    const put = await edge.put(jpeg);
    assert.equal(put.status, 204);
    const version = put.headers.get("etag")!.slice(1, -1);
    for (const path of [`/frames/${version}.jpeg`, "/live.jpeg"]) {
      while (!await edge.store.get("cam", Number(version))) await edge.clock.tick(1000);
      for (let i = 0; i < 2; i++) {
        const answer = await edge.request(`${path}?w=160`);
        assert.equal(answer.status, 200, path);
        const inspected = inspectJpeg(await answer.bytes());
        assert.equal(inspected.ok && inspected.width, width, path);
      }
    }
  }
  assert.deepEqual(edge.lines.filter((line) => line.includes("failed")), []);
});

Deno.test("a day is a row of tiny pictures, which may be kept for ever", async () => {
  const { edge, frames } = await edgeWithPast(4);
  await using _ = edge;
  await edge.clock.tick(1.2 * MINUTE);
  const from = Math.floor(frames[0].version / MINUTE - 2) * MINUTE;
  const path = `/cams/cam/day.jpeg?from=${from}&to=${from + 6 * MINUTE}&every=${MINUTE}`;
  const answer = await edge.request(path);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
  const jpeg = await answer.bytes();
  const row = inspectJpeg(jpeg);
  assert.ok(row.ok);
  assert.deepEqual([row.width, row.height], [480, 60]);
  // Once it is made, nothing is asked of the store.
  edge.store.close();
  assert.deepEqual(await (await edge.request(path)).bytes(), jpeg);
});

Deno.test("a day is asked for in whole tiles, at most 25 hours of what has passed", async () => {
  const { edge, frames: [{ version }] } = await edgeWithPast(1);
  await using _ = edge;
  const QUARTER = 15 * MINUTE;
  const at = Math.floor(version / QUARTER) * QUARTER;
  const ask = async (from: number, to: number, every = QUARTER) => {
    const answer = await edge.request(`/day.jpeg?from=${from}&to=${to}&every=${every}`);
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal(await ask(at - 1, at), 422, "not a multiple");
  assert.equal(await ask(at, at + QUARTER), 422, "not over yet");
  assert.equal(await ask(at, at), 422, "nothing");
  assert.equal(await ask(at - 102 * QUARTER, at), 422, "too long");
  assert.equal(await ask(at - QUARTER, at, QUARTER + 1), 422, "no such length");
  assert.equal(await ask(at - 26 * 60 * MINUTE, at - 24 * 60 * MINUTE), 404, "not kept any more");
});

Deno.test("a camera that is forgotten leaves no day behind", async () => {
  const { edge, frames: [frame] } = await edgeWithPast(1);
  await using _ = edge;
  await edge.clock.tick(1.2 * MINUTE);
  const from = Math.floor(frame.version / MINUTE) * MINUTE;
  const path = `/day.jpeg?from=${from}&to=${from + MINUTE}&every=${MINUTE}`;
  assert.equal((await edge.request(path)).status, 200);
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };
  const gone = await edge.request("/cams/cam", { method: "DELETE", headers });
  assert.ok(gone.ok, String(gone.status));
  await edge.put(frame.jpeg);
  const answer = await edge.request(path);
  assert.equal(answer.status, 404);
});

Deno.test("while the store does not answer the past is not there now, and nothing is broken", async () => {
  const { edge, frames: [frame] } = await edgeWithPast(1);
  await using _ = edge;
  await edge.put(frame.jpeg);
  edge.store.close();
  for (const path of ["/frames", `/frames/${frame.version}.jpeg`, "/timelapse.mjpeg"]) {
    const answer = await edge.request(path);
    assert.equal(answer.status, 503, path);
    assert.equal(answer.headers.get("retry-after"), "5");
  }
  assert.deepEqual(edge.lines.filter((line) => line.includes("failed")), []);
});

Deno.test("a timelapse replays what is kept from the oldest on, and ends", async () => {
  const { edge, frames } = await edgeWithPast(3);
  await using _ = edge;
  const answer = await edge.request("/timelapse.mjpeg?fps=2");
  const whole = answer.arrayBuffer();
  for (let i = 0; i < 3; i++) {
    while (edge.clock.sleeping < 2) await new Promise((go) => setTimeout(go, 5));
    await edge.clock.tick(500);
  }
  const text = new TextDecoder("latin1").decode(await whole);
  const boundary = /boundary=(\S+)/.exec(answer.headers.get("content-type")!)![1];
  const parts = text.split(`--${boundary}\r\n`).slice(1).map((part) => part.split("\r\n\r\n")[1]);
  assert.equal(parts.filter((part) => part.startsWith("\xff\xd8")).length, frames.length);
  assert.equal(edge.edge.deps.limits.gate.seated, 0);
});

toolTest(["ffmpeg"], "the day as an AVI holds every picture, as ffmpeg counts them", async () => {
  const { edge, frames } = await edgeWithPast(5);
  await using _ = edge;
  const answer = await edge.request("/timelapse.avi?fps=10");
  const bytes = new Uint8Array(await answer.arrayBuffer());
  assert.equal(answer.headers.get("content-length"), String(bytes.length));
  const file = await Deno.makeTempFile({ suffix: ".avi" });
  try {
    await Deno.writeFile(file, bytes);
    const { stderr, success } = await new Deno.Command(toolPath("ffmpeg")!, {
      args: ["-v", "info", "-xerror", "-i", file, "-f", "null", "-"],
    }).output();
    const log = new TextDecoder().decode(stderr);
    assert.ok(success, log);
    assert.match(log, /mjpeg.*320x240.* 10 fps/);
    assert.match(log, new RegExp(`frame= *${frames.length} `));
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("indexes are read one after another, and too many at once are told to come again", async () => {
  await using edge = await TestEdge.start({ PERCH_TRUST_PROXY: "1" });
  await edge.put(await baseline(64, 48));
  const { history } = edge.store;
  let reading = 0;
  let most = 0;
  edge.store.history = async (...of) => {
    most = Math.max(most, ++reading);
    return await history.apply(edge.store, of).finally(() => reading--);
  };
  const answers = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const path = ["frames?limit=5000", "timelapse.avi"][i % 2];
    const headers = { "x-forwarded-for": `203.0.113.${i}` };
    const answer = await edge.request(`/cams/cam/${path}`, { headers, method: "GET" });
    await answer.body?.cancel();
    return answer;
  }));
  assert.equal(most, 1);
  const busy = answers.filter(({ status }) => status === 503);
  assert.equal(busy.length, 18);
  assert.equal(busy[0].headers.get("retry-after"), "5");
  assert.equal((await edge.request("/health")).status, 200);
});
