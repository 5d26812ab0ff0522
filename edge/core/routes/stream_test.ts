import assert from "node:assert/strict";
import { baseline, concat } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

const small = await baseline(160, 120);
const other = await baseline(160, 120);
const large = await baseline(320, 240);

/** Reads `count` chunks. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>, count: number) {
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < count; i++) chunks.push((await reader.read()).value!);
  return concat(...chunks);
}

function boundaryOf(response: Response): string {
  return /boundary=(\S+)$/.exec(response.headers.get("content-type")!)![1];
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function viewers(edge: TestEdge): Promise<number> {
  return (await (await edge.request("/status.json")).json()).viewers;
}

Deno.test("a stream opens with the newest frame and the head of the part to come", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const response = await edge.request("/stream.mjpeg");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const boundary = boundaryOf(response);
  const head = `--${boundary}\r\nContent-Type: image/jpeg\r\n\r\n`;
  const reader = response.body!.getReader();
  assert.deepEqual(await read(reader, 2), concat(bytes(head), small, bytes(`\r\n${head}`)));
  const next = read(reader, 1);
  await edge.put(large);
  assert.deepEqual(await next, concat(large, bytes(`\r\n${head}`)));
  await reader.cancel();
});

Deno.test("?length=1 gives each part its Content-Length", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const response = await edge.request("/stream.mjpeg?length=1");
  const reader = response.body!.getReader();
  const head = `--${boundaryOf(response)}\r\nContent-Type: image/jpeg\r\n` +
    `Content-Length: ${small.length}\r\n\r\n`;
  assert.deepEqual(await read(reader, 3), concat(bytes(head), small, bytes("\r\n")));
  await reader.cancel();
});

Deno.test("a slow stream skips to the newest frame and delays nobody", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const slow = (await edge.request("/stream.mjpeg")).body!.getReader();
  const fast = (await edge.request("/stream.mjpeg")).body!.getReader();
  await read(slow, 2);
  await read(fast, 2);
  for (let i = 0; i < 5; i++) {
    const next = read(fast, 1);
    await edge.put(i === 4 ? large : i % 2 ? small : other);
    await next;
  }
  const newest = await read(slow, 1);
  assert.deepEqual(newest.subarray(0, large.length), large);
  assert.equal(edge.edge.deps.hub.cameras[0].skipped, 4);
  await slow.cancel();
  await fast.cancel();
});

Deno.test("a stream counts as a viewer until the client hangs up, HEAD of one never", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const head = await edge.request("/stream.mjpeg", { method: "HEAD" });
  assert.deepEqual([head.status, (await head.bytes()).length], [200, 0]);
  assert.equal(await viewers(edge), 0);
  const response = await edge.request("/stream.mjpeg");
  assert.equal(await viewers(edge), 1);
  await response.body!.cancel();
  assert.equal(await viewers(edge), 0);
});

Deno.test("?fps= thins a stream to the wanted rate", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const reader = (await edge.request("/stream.mjpeg?fps=2")).body!.getReader();
  await read(reader, 2);
  let parts = 0;
  const counting = (async () => {
    while (!(await reader.read()).done) parts++;
  })();
  for (let i = 0; i < 50; i++) {
    await edge.clock.tick(100);
    await edge.put(i % 2 ? small : other);
  }
  await reader.cancel();
  await counting;
  assert.ok(parts >= 9 && parts <= 11, `${parts} frames in five seconds`);
});

Deno.test("the last frame is repeated after ten quiet seconds", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const reader = (await edge.request("/stream.mjpeg")).body!.getReader();
  const first = await read(reader, 2);
  const again = read(reader, 1);
  await edge.clock.tick(11_000);
  assert.deepEqual(await again, first.subarray(first.length - (await again).length));
  await reader.cancel();
});

Deno.test("over PERCH_MAX_VIEWERS a new stream is asked to come back, stills still answer", async () => {
  await using edge = await TestEdge.start({ PERCH_MAX_VIEWERS: "1" });
  await edge.put(small);
  const first = await edge.request("/stream.mjpeg");
  const second = await edge.request("/stream.mjpeg");
  assert.equal(second.status, 503);
  assert.equal(second.headers.get("retry-after"), "30");
  const metrics = await (await edge.request("/metrics")).text();
  assert.match(metrics, /^perch_viewers_refused_total{limit="instance"} 1$/m);
  const still = await edge.request("/live.jpeg");
  assert.equal(still.status, 200);
  await still.body?.cancel();
  await first.body!.cancel();
  const third = await edge.request("/stream.mjpeg");
  assert.equal(third.status, 200);
  await third.body!.cancel();
});

Deno.test("streams end when the edge stops", async () => {
  const edge = await TestEdge.start();
  await edge.put(small);
  const reader = (await edge.request("/stream.mjpeg")).body!.getReader();
  await read(reader, 2);
  const end = reader.read();
  await edge.stop();
  assert.equal((await end).done, true);
});

Deno.test("a client that goes away unannounced frees its place and harms nothing", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const completed = Promise.withResolvers<void>();
  const info = {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
    completed: completed.promise,
  } satisfies Deno.ServeHandlerInfo;
  const response = await edge.edge.fetch(new Request("http://edge.test/stream.mjpeg"), info);
  const { gate } = edge.edge.deps.limits;
  assert.equal(gate.seated, 1);
  // Deno until 2.8.2 says so; a rejection that nobody hears would end this test as it did the edge.
  completed.reject(new Deno.errors.Interrupted("HTTP response was not sent successfully"));
  await response.body!.cancel();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(gate.seated, 0);
});
