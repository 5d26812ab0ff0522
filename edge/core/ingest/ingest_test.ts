import assert from "node:assert/strict";
import { Bodies, nextVersion } from "./ingest.ts";

/** A body that is fed by the test. */
function fedBody() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (cancelled = true),
  });
  return {
    body,
    send: (bytes: number) => controller.enqueue(new Uint8Array(bytes)),
    end: () => controller.close(),
    fail: (error: Error) => controller.error(error),
    get cancelled() {
      return cancelled;
    },
  };
}

const MAX_BYTES = 2_000_000;

/** Reads a fed body, and lets time go on by the second. */
function read(fed: ReturnType<typeof fedBody>, length?: number) {
  const bodies = new Bodies();
  let now = 0;
  const request = new Request("http://edge.test/live.jpeg", {
    method: "PUT",
    body: fed.body,
    headers: length === undefined ? {} : { "content-length": `${length}` },
  });
  const result = bodies.read(request, now, MAX_BYTES, new Uint8Array(4));
  const second = async (send = 0) => {
    if (send > 0) fed.send(send);
    await new Promise((resolve) => setTimeout(resolve, 0));
    bodies.tick(now += 1000);
  };
  return { bodies, result, second };
}

Deno.test("a body that comes fast enough is read, however long it takes", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed);
  for (let i = 0; i < 120; i++) await second(2000);
  fed.end();
  const body = await result;
  assert(body.ok);
  assert.equal(body.buffer.jpeg.length, 240_000);
  assert.equal(bodies.size, 0);
});

Deno.test("a body that drips is given up after ten seconds", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed, 50_000);
  for (let i = 0; i < 10; i++) await second(100);
  const body = await result;
  assert(!body.ok);
  assert.equal(body.status, 408);
  assert.match(body.detail, /1000 bytes, then less .*10240 bytes in 10 s/);
  assert(fed.cancelled);
  assert.equal(bodies.size, 0);
});

Deno.test("a body that stops in the middle is given up in the period after", async () => {
  const fed = fedBody();
  const { result, second } = read(fed);
  await second(1_000_000);
  for (let i = 1; i < 20; i++) {
    assert(!fed.cancelled, `after ${i} s`);
    await second();
  }
  const body = await result;
  assert.equal(!body.ok && body.status, 408);
});

Deno.test("a body that breaks is told by its own error, and let go of", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed);
  await second(100);
  fed.fail(new Error("connection reset"));
  const body = await result;
  assert(!body.ok);
  assert.deepEqual([body.status, /connection reset/.test(body.detail)], [400, true]);
  assert.equal(bodies.size, 0);
});

Deno.test("a body without a length takes memory for its bytes, not for its pieces", async () => {
  const fed = fedBody();
  const { result, second } = read(fed);
  for (let i = 0; i < 100_000; i++) fed.send(1);
  await second();
  fed.end();
  const body = await result;
  assert(body.ok);
  assert.deepEqual([body.buffer.jpeg.length, body.buffer.bytes.length], [100_000, 100_036]);
});

Deno.test("a body that is too large is refused while it comes, and let go of", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed);
  await second(MAX_BYTES);
  await second(1);
  const body = await result;
  assert.equal(!body.ok && body.status, 413);
  assert(fed.cancelled);
  assert.equal(bodies.size, 0);
});

Deno.test("a version is the time, bumped where the clock does not move on", () => {
  assert.equal(nextVersion(1000.7, 0), 1000);
  assert.equal(nextVersion(1000, 1000), 1001);
  assert.equal(nextVersion(500, 1000), 1001);
});
