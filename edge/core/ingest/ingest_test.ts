import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { nextVersion, pacedBody, SlowBody } from "./ingest.ts";

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

async function sizeOf(body: ReadableStream<Uint8Array>, clock: FakeClock): Promise<number> {
  let size = 0;
  for await (const chunk of pacedBody(body, clock)) size += chunk.length;
  return size;
}

Deno.test("a body that comes fast enough is read, however long it takes", async () => {
  const clock = new FakeClock();
  const fed = fedBody();
  const size = sizeOf(fed.body, clock);
  for (let second = 0; second < 120; second++) {
    fed.send(2000);
    await clock.tick(1000);
  }
  fed.end();
  assert.equal(await size, 240_000);
  assert.equal(clock.sleeping, 0);
});

Deno.test("a body that drips is given up after ten seconds", async () => {
  const clock = new FakeClock();
  const fed = fedBody();
  const size = assert.rejects(sizeOf(fed.body, clock), SlowBody);
  for (let second = 0; second < 11; second++) {
    if (!fed.cancelled) fed.send(100);
    await clock.tick(1000);
  }
  await size;
  assert(fed.cancelled);
});

Deno.test("a body that stops in the middle is given up in the period after", async () => {
  const clock = new FakeClock();
  const fed = fedBody();
  const size = assert.rejects(sizeOf(fed.body, clock), SlowBody);
  fed.send(1_000_000);
  await clock.tick(10_000);
  assert(!fed.cancelled);
  await clock.tick(10_000);
  await size;
});

Deno.test("a body that breaks passes its own error on, and no timer stays", async () => {
  const clock = new FakeClock();
  const fed = fedBody();
  const size = assert.rejects(sizeOf(fed.body, clock), /connection reset/);
  await clock.tick(1);
  fed.fail(new Error("connection reset"));
  await size;
  await clock.tick(0);
  assert.equal(clock.sleeping, 0);
});

Deno.test("a reader that stops early lets go of the body", async () => {
  const clock = new FakeClock();
  const fed = fedBody();
  fed.send(10);
  for await (const _ of pacedBody(fed.body, clock)) break;
  await clock.tick(0);
  assert(fed.cancelled);
  assert.equal(clock.sleeping, 0);
});

Deno.test("a version is the time, bumped where the clock does not move on", () => {
  assert.equal(nextVersion(1000.7, 0), 1000);
  assert.equal(nextVersion(1000, 1000), 1001);
  assert.equal(nextVersion(500, 1000), 1001);
});
