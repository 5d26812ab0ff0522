import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../platform.ts";
import { renditionsBy } from "./renditions.ts";
import { dayRows } from "./rows.ts";

const MINUTE = 60_000;

/** Rows of a camera with a picture each minute; what was done for them is counted. */
async function rowsOf(count: number) {
  const store = new MemoryStore({ clock: new FakeClock(), retentionMs: 1e9 });
  const done = { lists: 0, reads: 0, scaled: 0, rows: [] as (number | undefined)[][] };
  const towers = new Set<number>();
  const begin = Math.floor(Date.now() / MINUTE) * MINUTE;
  for (let i = 0; i < count; i++) {
    const version = begin + i * MINUTE;
    const meta = { version, size: 4, width: 640, height: 360 };
    const jpeg = new Uint8Array(4).fill(i);
    const frame = { cam: "cam", ...meta, capturedAt: version, receivedAt: version, jpeg };
    await store.put(frame, { history: true });
  }
  const { history, get } = store;
  store.history = (...of) => (done.lists++, history.apply(store, of));
  store.get = (...of) => (done.reads++, get.apply(store, of));
  const images: ImageTools = {
    ready: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    notice: () => Promise.reject(new Error("not wanted here")),
    scale(jpeg, width) {
      done.scaled++;
      return Promise.resolve({ jpeg, width, height: towers.has(jpeg[0]) ? 5000 : 45 });
    },
    row(pictures) {
      done.rows.push(pictures.map((picture) => picture?.jpeg[0]));
      const { jpeg, width, height } = pictures.findLast(Boolean)!;
      return Promise.resolve({ jpeg, width: pictures.length * width, height });
    },
  };
  const rows = dayRows({ store, images }, renditionsBy(images));
  const row = (first: number, last: number) =>
    rows.get("cam", { from: begin + first * MINUTE, to: begin + last * MINUTE, every: MINUTE });
  return { rows, row, done, store, towers };
}

Deno.test("a row is made once however many ask, and a later one reads only what is new", async () => {
  const { row, done } = await rowsOf(10);
  const asked = await Promise.all(Array.from({ length: 50 }, () => row(0, 8)));
  assert.equal(new Set(asked).size, 1);
  assert.equal(asked[0]!.width, 640);
  assert.deepEqual(done.rows, [[0, 1, 2, 3, 4, 5, 6, 7]]);
  assert.deepEqual([done.lists, done.reads, done.scaled], [8, 8, 8]);
  await row(2, 10);
  assert.deepEqual(done.rows[1], [2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual([done.reads, done.scaled], [10, 10]);
});

Deno.test("where nothing is for long the store is asked once, and an empty row is none", async () => {
  const { row, done } = await rowsOf(2);
  await row(-50, 50);
  assert.deepEqual(done.rows[0].flatMap((one, i) => one === undefined ? [] : [i]), [50, 51]);
  assert.equal(done.lists, 3);
  assert.equal(await row(60, 70), undefined);
  assert.equal(done.rows.length, 1);
});

Deno.test("too many different rows at once are refused, and those that wait are made one by one", async () => {
  const { row, done } = await rowsOf(20);
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => row(0, i + 1)),
  );
  const refused = results.filter(({ status }) => status === "rejected");
  assert.deepEqual([done.rows.length, refused.length], [16, 4]);
  assert.equal((refused[0] as PromiseRejectedResult).reason.status, 503);
  // Who was refused may ask again.
  assert.ok(await row(0, 20));
});

Deno.test("a picture that is gone, or cannot be made as small, leaves its place empty", async () => {
  const { row, rows, done, store, towers } = await rowsOf(3);
  const { get } = store;
  store.get = async (cam, version) => {
    const frame = await get.call(store, cam, version);
    return frame!.jpeg[0] === 1 ? undefined : frame;
  };
  towers.add(2);
  await row(0, 3);
  assert.deepEqual(done.rows, [[0, undefined, undefined]]);
  rows.forget("cam");
  store.get = get;
  await row(0, 3);
  assert.deepEqual(done.rows[1], [0, 1, undefined]);
});

Deno.test("a store that fails is told of, and the row is there when it answers again", async () => {
  const { row, store, done } = await rowsOf(3);
  const { get } = store;
  store.get = () => Promise.reject(new Error("no answer"));
  await assert.rejects(row(0, 3), /no answer/);
  store.get = get;
  await row(0, 3);
  assert.deepEqual(done.rows, [[0, 1, 2]]);
});

Deno.test("where no pictures can be made it says so", async () => {
  const store = new MemoryStore({ clock: new FakeClock(), retentionMs: 1e9 });
  const rows = dayRows({ store }, renditionsBy(undefined));
  const asked: Promise<Picture | undefined> = rows.get("cam", { from: 0, to: 1, every: 1 });
  await assert.rejects(asked, ImagingUnavailable);
});
