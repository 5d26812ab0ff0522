// Real Deno KV on real files, damaged as power cuts and cards do it.

import assert from "node:assert/strict";
import { systemClock } from "../../../shared/clock.ts";
import { createLog } from "../../../shared/log.ts";
import { KvCalls } from "./calls.ts";
import { databaseAt } from "./stores.ts";

interface Opened {
  readonly database: ReturnType<typeof databaseAt>;
  /** What it has logged. */
  readonly told: Record<string, string>[];
}

function opened(path: string): Opened {
  const told: Opened["told"] = [];
  const write = (line: string) => void told.push(JSON.parse(line));
  const log = createLog({ format: "json", write, now: Date.now });
  return { database: databaseAt(path, { log, clock: { now: Date.now } }), told };
}

/** Runs with the path of a database that was opened, filled and closed, in a folder of its own. */
async function withFile(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/perch.db`;
  const kv = await Deno.openKv(path);
  for (let i = 0; i < 100; i++) await kv.set(["frame", i], new Uint8Array(30_000).fill(i));
  kv.close();
  try {
    await run(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes over a part of a file. */
function overwrite(path: string, from: number, bytes: Uint8Array<ArrayBuffer>): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(from, Deno.SeekMode.Start);
  file.writeSync(bytes);
}

const noise = (length: number) => new Uint8Array(length).map((_, i) => (i * 7919) >> 3);

const DAMAGE: Readonly<Record<string, (path: string) => void>> = {
  "cut off": (path) => Deno.truncateSync(path, Math.floor(Deno.statSync(path).size / 3)),
  "cut off within its first page": (path) => Deno.truncateSync(path, 1000),
  "overwritten at its beginning": (path) => overwrite(path, 0, noise(100)),
  "overwritten in its first page": (path) => overwrite(path, 100, noise(3900)),
  "overwritten behind that": (path) => overwrite(path, 8192, noise(60_000)),
  "zeros in part": (path) => overwrite(path, 4096, new Uint8Array(40_960)),
  "something else": (path) => Deno.writeTextFileSync(path, "no database at all ".repeat(2000)),
};

for (const [what, damage] of Object.entries(DAMAGE)) {
  Deno.test(`a file that is ${what} is set aside byte for byte, and a new one begun`, () =>
    withFile(async (path) => {
      damage(path);
      Deno.writeTextFileSync(`${path}-wal`, "");
      const damaged = await Deno.readFile(path);
      const { database, told } = opened(path);
      const kv = await database.open();
      await kv.set(["head"], 1);
      assert.equal((await kv.get(["head"])).value, 1);
      kv.close();
      const [line, ...others] = told;
      assert.deepEqual(others, []);
      assert.equal(line.level, "error");
      assert.match(line.message, /damaged; it is set aside/);
      assert.match(line.kept, /perch\.db\.damaged-\d{4}-/);
      assert.deepEqual(await Deno.readFile(line.kept), damaged);
      assert.match(database.kind(), /^kv, begun anew/);
    }));
}

Deno.test("a file that is well, and one that is empty or not there yet, is opened as it is", () =>
  withFile(async (path) => {
    for (
      const change of [() => {}, () => Deno.truncateSync(path, 0), () => Deno.removeSync(path)]
    ) {
      change();
      const { database, told } = opened(path);
      (await database.open()).close();
      assert.deepEqual([told, database.kind()], [[], "kv"]);
    }
    assert.deepEqual([...Deno.readDirSync(path.replace(/[^/]+$/, ""))].length, 1);
  }));

Deno.test("a file that cannot be written is told of once, and opened when it can be", () =>
  withFile(async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
    const { database, told } = opened(path);
    const problem = { message: "PERCH_KV_PATH cannot be opened" };
    await assert.rejects(database.open(), problem);
    await assert.rejects(database.open(), problem);
    assert.equal(told.length, 1);
    assert.ok(
      told[0].message.startsWith(`PERCH_KV_PATH: got "${path}", wanted a file to write in`),
    );
    await Deno.remove(path);
    (await database.open()).close();
  }));

Deno.test("a file that is deleted or replaced while it is in use is told of, until it is back", () =>
  withFile(async (path) => {
    const { database } = opened(path);
    const calls = new KvCalls({ ...database, clock: systemClock, deadlineMs: 60_000 });
    const write = () => calls.commit({ sets: [{ key: ["a"], value: 1 }] });
    await write();
    assert.equal(calls.state.problem, undefined);
    const lost = /its file was deleted or replaced, nothing is kept: start the edge again/;
    await Deno.rename(path, `${path}.away`);
    await assert.rejects(write, lost);
    await Deno.writeTextFile(path, "");
    await assert.rejects(write, lost);
    await calls.get(["a"]);
    assert.match(calls.state.problem!, lost);
    await Deno.rename(`${path}.away`, path);
    await write();
    assert.equal(calls.state.problem, undefined);
    calls.close();
  }));

Deno.test("a damaged file that cannot be moved stays, and is never opened", () =>
  withFile(async (path) => {
    overwrite(path, 8192, noise(60_000));
    const damaged = await Deno.readFile(path);
    // A name that is too long to have more behind it.
    const long = path.replace("perch.db", "x".repeat(250));
    await Deno.rename(path, long);
    const { database, told } = opened(long);
    for (let i = 0; i < 3; i++) await assert.rejects(database.open(), /damaged and cannot be set/);
    assert.equal(told.length, 1);
    assert.match(told[0].message, /stays where it is/);
    assert.deepEqual(await Deno.readFile(long), damaged);
  }));

Deno.test("a KV server that cannot be asked is told of without a password in its address", async () => {
  for (
    const path of ["http://me:s3cret99@127.0.0.1:9/x?key=s3cret99", "https://me:s3cret#99@kv/"]
  ) {
    const { database, told } = opened(path);
    await assert.rejects(database.open());
    assert.match(told[0].message, /^PERCH_KV_PATH: got "https?:\/\/.*…", wanted a KV server/);
    assert.doesNotMatch(JSON.stringify(told), /s3cret/);
  }
});

Deno.test("memory has no file to look at", async () => {
  const { database, told } = opened(":memory:");
  (await database.open()).close();
  assert.deepEqual([told, database.kind()], [[], "memory"]);
});
