// kill -9 in the middle of a write, again and again: after each, what is stored must be whole, and
// the next writer must get its frames in.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { KvStore } from "../../edge/store/kv_store.ts";
import { frameOf } from "../../edge/store/store_contract.ts";
import { systemClock } from "../clock.ts";
import { KV_TOKEN } from "./kv_connect.ts";
import { ROOT, RunningProgram } from "./processes.ts";

const WRITER = fileURLToPath(new URL("doomed_writer.ts", import.meta.url));

/** A writer lives this long after its first frame, at most, ms. */
const MAX_LIFE_MS = 60;

/** What was seen over all kills. */
export interface KillResult {
  kills: number;
  /** Frames whose `put` had ended. */
  stored: number;
  /** Kills that left chunks of a frame that never became the newest. */
  halfWritten: number;
}

/** Kills `kills` writers at random moments; `kvPath` is a file or a KV Connect address. */
export async function killWriters(kvPath: string, kills: number): Promise<KillResult> {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);
  const result: KillResult = { kills: 0, stored: 0, halfWritten: 0 };
  const watcher = openStore(kvPath, "watcher");
  const stop = new AbortController();
  let seen = 0;
  const watching = (async () => {
    for await (const frame of watcher.watch("cam", stop.signal)) {
      assert.deepEqual(frame, frameOf(frame.version, frame.size));
      assert.ok(frame.version > seen);
      seen = frame.version;
    }
  })();
  for (let i = 0; i < kills; i++) {
    const before = result.stored;
    const said = await killOne(kvPath);
    result.kills++;
    result.stored = said;
    assert.ok(said > before, `writer ${i + 1} stored nothing: ${before} then ${said}`);
    const fresh = openStore(kvPath, "fresh");
    const newest = await fresh.newest("cam");
    assert.ok(newest, "the frame is gone");
    assert.deepEqual(newest, frameOf(newest.version, newest.size));
    assert.ok(newest.version >= said, `version ${newest.version} after ${said} was stored`);
    result.stored = newest.version;
    result.halfWritten = await leftovers(kvPath);
    fresh.close();
  }
  while (seen < result.stored) await systemClock.sleep(5);
  stop.abort();
  await watching;
  // What the last one left is nobody's as soon as a newer frame is stored.
  assert.deepEqual(await watcher.put(frameOf(result.stored + 1000, 10), { keyframe: true }), {
    ok: true,
  });
  await watcher.prune("cam");
  const kept = (await watcher.keyframes("cam", {})).length;
  assert.equal(await leftovers(kvPath), 0, "half-written frames stay");
  assert.ok(kept > 0);
  watcher.close();
  return result;
}

function openStore(kvPath: string, instance: string): KvStore {
  return new KvStore({
    open: () => Deno.openKv(kvPath),
    instance,
    clock: systemClock,
    deadlineMs: 5000,
    // Versions are small numbers here, which count as times of 1970.
    retentionMs: 1e14,
    polls: { framesMs: 20, viewersMs: 1000 },
  });
}

/** Starts a writer and kills it in the middle. Returns the last version it had stored. */
async function killOne(kvPath: string): Promise<number> {
  const args = ["run", "-q", "--unstable-kv", "--allow-all", WRITER, kvPath];
  await using writer = new RunningProgram("writer", Deno.execPath(), args, {
    cwd: ROOT,
    env: { DENO_KV_ACCESS_TOKEN: KV_TOKEN },
  });
  await writer.line(/^\d+$/);
  await systemClock.sleep(Math.random() * MAX_LIFE_MS);
  await writer.stop("SIGKILL");
  return Number(writer.lines.findLast((line) => /^\d+$/.test(line)));
}

/** Frames that were begun in several writes and not finished. */
async function leftovers(kvPath: string): Promise<number> {
  const kv = await Deno.openKv(kvPath);
  const pending = await Array.fromAsync(kv.list({ prefix: ["pending"] }));
  kv.close();
  return pending.length;
}
