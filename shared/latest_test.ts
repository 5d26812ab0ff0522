import assert from "node:assert/strict";
import { Latest } from "./latest.ts";

Deno.test("next gives the newest value, at once or when there is one newer than the caller's", async () => {
  const latest = new Latest<object>();
  const [first, newest] = [{}, {}];
  const waiting = [latest.next(0), latest.next(0)];
  latest.set(first);
  for (const item of await Promise.all(waiting)) assert.equal(item.value, first);
  latest.set({});
  latest.set(newest);
  assert.deepEqual(await latest.next(0), { seq: 3, value: newest });
  const later = latest.next(3);
  latest.set(first);
  assert.equal((await later).seq, 4);
});

Deno.test("an aborted wait rejects with the reason and leaves nothing behind", async () => {
  const latest = new Latest<number>();
  const abort = new AbortController();
  const waiting = latest.next(0, abort.signal);
  abort.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
  await assert.rejects(latest.next(0, abort.signal), (reason) => reason === "enough");
  latest.set(1);
});

Deno.test("close rejects waiters, tells listeners once, and ends the taking of values", async () => {
  const latest = new Latest<number>();
  const seen: (number | string)[] = [];
  latest.onSet(({ value }) => seen.push(value), () => seen.push("closed"));
  latest.set(1);
  const waiting = latest.next(1);
  latest.close(new Error("shut down"));
  latest.close();
  latest.set(2);
  await assert.rejects(waiting, /shut down/);
  await assert.rejects(latest.next(1), /shut down/);
  assert.deepEqual(seen, [1, "closed"]);
  assert.equal(latest.value, 1);
});

Deno.test("a listener that comes after the end is told of it, once it can stop that", async () => {
  const latest = new Latest<number>();
  latest.close();
  const told: string[] = [];
  latest.onSet(() => {}, () => told.push("late"));
  const stop = latest.onSet(() => {}, () => told.push("stopped"));
  assert.deepEqual(told, []);
  stop();
  await Promise.resolve();
  assert.deepEqual(told, ["late"]);
});

Deno.test("a listener is called inside set until it is stopped", () => {
  const latest = new Latest<number>();
  const seen: number[] = [];
  const stop = latest.onSet(({ value }) => seen.push(value));
  latest.set(1);
  assert.deepEqual(seen, [1]);
  stop();
  latest.set(2);
  assert.deepEqual(seen, [1]);
});

Deno.test("a listener that throws is told as uncaught, and the others get every value and the end", () => {
  const uncaught: string[] = [];
  const stop = new AbortController();
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    uncaught.push(event.message);
  }, { signal: stop.signal });
  const latest = new Latest<number>();
  const got: unknown[] = [];
  const fail = () => {
    throw new Error("a bug");
  };
  latest.onSet(fail, fail);
  latest.onSet(({ value }) => got.push(value), () => got.push("end"));
  latest.set(1);
  latest.set(2);
  latest.close();
  stop.abort();
  assert.deepEqual(got, [1, 2, "end"]);
  assert.equal(uncaught.length, 3);
});
