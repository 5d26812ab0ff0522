import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { systemClock } from "../../../shared/clock.ts";
import { KV_TOKEN, KvConnectServer } from "../../../shared/testing/kv_connect.ts";
import { KvCalls } from "./calls.ts";
import { StoreFailure } from "../../core/store/frame_store.ts";
import { TempDir } from "../../../shared/testing/temp.ts";

Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);

Deno.test("a call has no answer for longer than its deadline, then the next ones are not made", async () => {
  await using server = new KvConnectServer();
  const clock = new FakeClock();
  const calls = new KvCalls({ open: () => Deno.openKv(server.url), clock, deadlineMs: 2000 });
  await calls.commit({ sets: [{ key: ["a"], value: 1 }] });
  assert.equal(calls.state.problem, undefined);

  server.faults.status = 503;
  const hanging = assert.rejects(calls.get(["a"]), StoreFailure);
  await clock.tick(2000);
  await hanging;
  assert.deepEqual(calls.state, {
    kind: "kv",
    problem: "no answer from the store in 2000 ms",
    pending: 1,
    reads: 0,
    writes: 1,
  });
  const asked = server.usage.requests;
  for (let i = 0; i < 100; i++) await assert.rejects(calls.get(["a"]), StoreFailure);
  // What goes on asking is the one call that the client will not let go of.
  assert.ok(server.usage.requests - asked <= 1, `${server.usage.requests - asked} requests`);
  assert.equal(clock.sleeping, 0);

  server.faults.status = undefined;
  while (calls.state.problem !== undefined) await systemClock.sleep(5);
  assert.equal((await calls.get(["a"])).value, 1);
  calls.close();
});

Deno.test("a store that was cut off answers again by itself", async () => {
  await using server = new KvConnectServer();
  const clock = new FakeClock();
  const calls = new KvCalls({ open: () => Deno.openKv(server.url), clock, deadlineMs: 2000 });
  await calls.commit({ sets: [{ key: ["a"], value: "here" }] });
  server.fail();
  const hanging = assert.rejects(calls.commit({ sets: [{ key: ["a"], value: "late" }] }));
  await clock.tick(2000);
  await hanging;
  server.recover();
  while (calls.state.problem !== undefined) await systemClock.sleep(5);
  assert.equal((await calls.get(["a"])).value, "late");
  calls.close();
});

Deno.test("a database that cannot be opened is tried again, once a second", async () => {
  const clock = new FakeClock();
  let opened = 0;
  let broken = true;
  const calls = new KvCalls({
    open: () => {
      opened++;
      return broken ? Promise.reject(new TypeError("no such database")) : Deno.openKv(":memory:");
    },
    clock,
    deadlineMs: 2000,
  });
  for (let i = 0; i < 10; i++) await assert.rejects(calls.get(["a"]), /no such database/);
  assert.equal(opened, 1);
  assert.equal(calls.state.problem, "no such database");
  broken = false;
  await clock.tick(1000);
  assert.equal((await calls.get(["a"])).value, null);
  assert.equal(opened, 2);
  assert.equal(calls.state.problem, undefined);
  calls.close();
});

Deno.test("a call that KV refuses is the caller's mistake, and says nothing about the store", async () => {
  const kv = await Deno.openKv(":memory:");
  const calls = new KvCalls({
    open: () => Promise.resolve(kv),
    clock: new FakeClock(),
    deadlineMs: 2000,
  });
  const keys = (count: number) => Array.from({ length: count }, (_, i) => ["a", i]);
  const long = ["x".repeat(3000)];
  const sets = (value: unknown, expireIn?: number) =>
    calls.commit({ sets: [{ key: ["a"], value, expireIn }] });
  const mistakes: (() => Promise<unknown>)[] = [
    ...[1.5, -1, 0, NaN].map((limit) => () => calls.list({ prefix: ["a"] }, { limit })),
    () => calls.list({ start: ["a", 5], end: ["a", 3] }, { limit: 1 }),
    () => calls.get(long),
    () => calls.get([null as unknown as string]),
    () => calls.getMany([long]),
    () => sets(new Uint8Array(65_537)),
    () => sets(() => {}),
    () => sets(1, -1),
    () => calls.commit({ sets: [{ key: long, value: 1 }] }),
    () => calls.commit({ sets: keys(13).map((key) => ({ key, value: new Uint8Array(65_536) })) }),
    () => calls.commit({ deletes: keys(1001) }),
    () =>
      calls.commit({
        sets: keys(900).map(([, i]) => ({ key: [i, "x".repeat(100)], value: 1 })),
      }),
    () => calls.commit({ checks: keys(101).map((key) => ({ key, versionstamp: null })) }),
    () => calls.commit({ checks: [{ key: ["a"], versionstamp: "x" }] }),
  ];
  for (const mistake of mistakes) {
    await assert.rejects(mistake, (error) => !(error instanceof StoreFailure), String(mistake));
    assert.equal(calls.state.problem, undefined, String(mistake));
  }
  calls.close();
});

Deno.test("a file that is none any more is the store's trouble, though KV calls it a TypeError", async () => {
  await using dir = new TempDir();
  const path = `${dir}/perch.sqlite`;
  const calls = new KvCalls({
    open: () => Deno.openKv(path),
    clock: new FakeClock(),
    deadlineMs: 2000,
  });
  await calls.commit({ sets: [{ key: ["a"], value: 1 }] });
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    using file = await Deno.open(name, { write: true });
    await file.write(new Uint8Array(40_960).fill(7));
  }
  await assert.rejects(calls.get(["a"]), StoreFailure);
  assert.equal(calls.state.problem, "file is not a database");
  calls.close();
});

Deno.test("reads and writes are counted as the server counts them", async () => {
  await using server = new KvConnectServer();
  const clock = new FakeClock();
  const calls = new KvCalls({ open: () => Deno.openKv(server.url), clock, deadlineMs: 2000 });
  for (const size of [10, 1000, 30_000, 65_536]) {
    await calls.commit({ sets: [{ key: ["frame", "cam", size], value: new Uint8Array(size) }] });
    await calls.get(["frame", "cam", size]);
  }
  await calls.list({ prefix: ["frame"] }, { limit: 10 });
  await calls.getMany([["frame", "cam", 10], ["frame", "cam", 30_000], ["none"]]);
  const { reads, writes } = calls.state;
  assert.deepEqual([reads, writes], [server.usage.reads, server.usage.writes]);
  calls.close();
});
