// What it takes to keep a frame in Deno KV, and to get it back.

import { kvStores } from "../../../edge/deno/kv/stores.ts";
import { systemClock } from "../../clock.ts";
import { DEFAULT_CAM } from "../../frame.ts";
import { BenchCamera } from "./bench_camera.ts";
import type { Report } from "./scenario.ts";
import { Samples } from "./tally.ts";

const FRAMES = 200;

/** Commits and reads of frames of 30 KB and 1 MB, in memory and in a file. */
export async function benchStore(report: Report): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-bench-" });
  for (const [place, path] of [["memory", ":memory:"], ["file", `${folder}/perch.sqlite3`]]) {
    for (const kilobytes of [30, 1024]) {
      report.row(`${place}, ${kilobytes} KB`, await measure(path, kilobytes * 1024));
    }
  }
  await Deno.remove(folder, { recursive: true });
  report.note("commits are not on the way of a local viewer: frames are handed out before");
}

async function measure(path: string, size: number): Promise<Record<string, number>> {
  const { store } = kvStores({
    open: () => Deno.openKv(path),
    clock: systemClock,
    instance: crypto.randomUUID(),
    deadlineMs: 5000,
    retentionMs: 3_600_000,
    polls: { framesMs: 1000, viewersMs: 1000 },
  });
  const jpeg = (await BenchCamera.make(size)).next(0);
  const [commit, read] = [new Samples(), new Samples()];
  const first = Date.now();
  for (let i = 0; i < FRAMES; i++) {
    const version = first + i;
    const times = { version, capturedAt: version, receivedAt: version };
    const frame = { cam: DEFAULT_CAM, jpeg, size, width: 640, height: 480, ...times };
    let started = performance.now();
    await store.put(frame, { history: false });
    commit.add(performance.now() - started);
    started = performance.now();
    await store.newest(DEFAULT_CAM);
    read.add(performance.now() - started);
  }
  store.close();
  const [put, got] = [commit.summary(), read.summary()];
  return {
    "commit p50 ms": put.p50,
    "commit p99 ms": put.p99,
    "read p50 ms": got.p50,
    "read p99 ms": got.p99,
  };
}
