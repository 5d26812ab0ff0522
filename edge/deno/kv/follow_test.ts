import assert from "node:assert/strict";
import { systemClock } from "../../../shared/clock.ts";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { FileChanges, followKey } from "./follow.ts";
import { KvCalls } from "./calls.ts";
import { TempDir } from "../../../shared/testing/temp.ts";

/** Long enough that no poll helps. */
const NEVER_MS = 3_600_000;

/** Writes to the database from another process, each time a line comes. */
const WRITER = `
const kv = await Deno.openKv(Deno.args[0]);
await kv.set(["n"], 0);
let n = 0;
console.log("ready");
for await (const _ of Deno.stdin.readable) await kv.set(["n"], ++n);
kv.close();
`;

Deno.test("what another process writes to a SQLite file is seen without a poll", async () => {
  await using dir = new TempDir();
  const path = `${dir}/perch.sqlite3`;
  await Deno.writeTextFile(`${dir}/writer.ts`, WRITER);
  await using writer = new Deno.Command(Deno.execPath(), {
    args: ["run", "--unstable-kv", "--no-config", "-A", `${dir}/writer.ts`, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = writer.stdout.getReader();
  await output.read();
  const open = () => Deno.openKv(path);
  const calls = new KvCalls({ open, clock: systemClock, deadlineMs: 5000 });
  const changes = new FileChanges(path, systemClock);
  assert.equal(changes.heard, false);
  await calls.kv();
  changes.watch();
  const input = writer.stdin.getWriter();
  // One write alone may come before the kernel listens, or be readable only after its burst was looked
  // at: the next one tells of it, as pictures do that keep coming.
  const writing = setInterval(() => input.write(new Uint8Array(1)), 50);
  for (let seq = 0; !changes.heard; seq++) await changes.bursts.next(seq);
  const stop = new AbortController();
  const { signal } = stop;
  const { latest } = followKey<number>(calls, ["n"], {
    ...{ clock: systemClock, pollMs: NEVER_MS, changes, signal },
  });
  let item = await latest.next(0);
  for (const from = item.value.value!; item.value.value! < from + 5;) {
    item = await latest.next(item.seq);
  }
  clearInterval(writing);
  stop.abort();
  await input.close();
  await output.cancel();
  await writer.status;
  changes.close();
  calls.close();
});

interface Journal {
  readonly path: string;
  readonly clock: FakeClock;
  readonly changes: FileChanges;
  /** Writes, and waits until the kernel has told of it. */
  write(): Promise<void>;
}

/** Runs with a file that stands for a database's journal, is there and is watched. */
async function withJournal(run: (journal: Journal) => Promise<void>): Promise<void> {
  await using dir = new TempDir();
  const clock = new FakeClock();
  const changes = new FileChanges(`${dir}/perch.sqlite3`, clock);
  changes.watch();
  assert.equal(changes.heard, false);
  const path = `${dir}/perch.sqlite3-wal`;
  await Deno.writeTextFile(path, "x");
  changes.watch();
  await run({
    ...{ path, clock, changes },
    write: async () => {
      await Deno.writeTextFile(path, "x", { append: true });
      while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  });
  changes.close();
  changes.watch();
  assert.equal(changes.heard, false);
}

Deno.test("what was written is looked at again, for it may not be there to read at the first look", () =>
  withJournal(async ({ clock, changes, write }) => {
    for (const before of [0, 4]) {
      await write();
      for (const [look, ms] of [3, 30, 300, 3000].entries()) {
        await clock.tick(ms - 1);
        assert.equal(changes.bursts.seq, before + look);
        await clock.tick(1);
        assert.equal(changes.bursts.seq, before + look + 1);
      }
      assert.equal(clock.sleeping, 0);
    }
  }));

Deno.test("a journal that goes is heard of no more, and one that comes again is", () =>
  withJournal(async ({ path, clock, changes, write }) => {
    await write();
    assert.equal(changes.heard, true);
    await clock.tick(10_000);
    await Deno.remove(path);
    while (changes.heard) await new Promise((resolve) => setTimeout(resolve, 1));
    await Deno.writeTextFile(path, "x");
    changes.watch();
    await write();
  }));
