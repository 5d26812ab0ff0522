import assert from "node:assert/strict";
import { systemClock } from "../../../shared/clock.ts";
import { FileChanges } from "./file_changes.ts";
import { followKey } from "./follow.ts";
import { KvLink } from "./link.ts";

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
  const dir = await Deno.makeTempDir();
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
  const link = new KvLink({ open, clock: systemClock, deadlineMs: 5000 });
  const changes = new FileChanges(path, systemClock);
  assert.equal(changes.heard, false);
  await link.kv();
  changes.watch();
  const input = writer.stdin.getWriter();
  // One write alone may come before the kernel listens, or be readable only after its burst was looked
  // at: the next one tells of it, as pictures do that keep coming.
  const writing = setInterval(() => input.write(new Uint8Array(1)), 50);
  for (let seq = 0; !changes.heard; seq++) await changes.bursts.next(seq);
  const stop = new AbortController();
  const { signal } = stop;
  const { latest } = followKey<number>(link, ["n"], {
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
  link.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a file that is not there, or goes, is not heard of and does no harm", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/perch.sqlite3`;
  const changes = new FileChanges(path, systemClock);
  changes.watch();
  assert.equal(changes.heard, false);
  const write = () => Deno.writeTextFile(`${path}-wal`, "x", { append: true });
  await write();
  changes.watch();
  const first = changes.bursts.next(0);
  await write();
  await first;
  assert.equal(changes.heard, true);
  await Deno.remove(`${path}-wal`);
  while (changes.heard) await new Promise((resolve) => setTimeout(resolve, 1));
  await write();
  changes.watch();
  const { seq } = changes.bursts;
  await write();
  await changes.bursts.next(seq);
  changes.close();
  changes.watch();
  assert.equal(changes.heard, false);
  await Deno.remove(dir, { recursive: true });
});
