// Long runs with a crowd: whether healthy viewers keep their rate and memory stays flat while others
// are slow, come and go, or hold connections and never read.

import { fileURLToPath } from "node:url";
import { baseline, withSegment } from "../jpegs.ts";
import { putFrame, type RunningEdge, RunningProgram, startEdge } from "../processes.ts";
import { SilentClients } from "../silent_clients.ts";
import type { CrowdFigures } from "./crowd_main.ts";
import { seconds } from "./fault_list.ts";
import type { Report } from "./scenario.ts";

const FPS = 10;
const CROWD = fileURLToPath(new URL("crowd_main.ts", import.meta.url));
const COMMENT = 0xfe;

/** 500 viewers, a tenth of them slow, a tenth restless: ten minutes. `PERCH_BENCH_S` shortens it. */
export async function benchCrowd(report: Report): Promise<void> {
  const length = Number(Deno.env.get("PERCH_BENCH_S") ?? 600);
  await using edge = await startEdge({ env: { PERCH_STRIP_METADATA: "false" } });
  const crowd = { healthy: 400, slow: 50, restless: 50 };
  await run(report, edge, crowd, length);
  report.note(
    "400 healthy viewers at 10 fps of 30 KB, 50 at 64 KB/s, 50 that vanish and come back",
  );
}

/** 2,000 connections that never read or never ask, beside 100 healthy viewers: three minutes. */
export async function benchSilent(report: Report): Promise<void> {
  const length = Number(Deno.env.get("PERCH_BENCH_S") ?? 180);
  await using edge = await startEdge({
    env: { PERCH_STRIP_METADATA: "false", PERCH_MAX_VIEWERS: "2000" },
  });
  await putFrame(edge.url, await baseline(360, 270));
  const before = await memory(edge);
  const silent = new SilentClients(edge.url);
  await silent.open(700, "idle");
  await silent.open(300, "half a request");
  await silent.open(500, "stream");
  await silent.open(500, "socket");
  report.note(
    `${silent.count} silent: 700 idle, 300 with half a request, 500 streams, 500 sockets`,
  );
  report.note(`memory before the silent ones came: ${Math.round(before)} MB`);
  await run(report, edge, { healthy: 100, slow: 0, restless: 0 }, length);
  silent.close();
}

async function run(
  report: Report,
  edge: RunningEdge,
  crowd: Readonly<Record<string, number>>,
  length: number,
): Promise<void> {
  const stop = new AbortController();
  const base = await baseline(360, 270);
  await putFrame(edge.url, numbered(base, 0));
  const filming = film(edge, base, stop.signal);
  const started = performance.now();
  const counts = Object.entries(crowd).flatMap(([kind, count]) => [`--${kind}`, `${count}`]);
  const port = new URL(edge.url).port;
  await using viewers = new RunningProgram("crowd", Deno.execPath(), [
    ...["run", "-q", "--allow-net", "--allow-env", CROWD],
    ...["--port", port, "--seconds", `${length}`, ...counts],
  ]);
  const samples: number[] = [];
  const ended = viewers.ended();
  let running = true;
  ended.then(() => running = false);
  while (running) {
    await Promise.race([seconds(1), ended]);
    samples.push(await memory(edge));
    if (samples.length % 60 === 0) console.log(`  ${samples.length} s of ${length}`);
  }
  stop.abort();
  const frames = await filming;
  const rate = frames / ((performance.now() - started) / 1000);
  report.note(`the camera itself sent ${rate.toFixed(2)} fps`);
  const lines = viewers.lines.filter((line) => line.startsWith("{"))
    .map((line): CrowdFigures => JSON.parse(line));
  const minute = (index: number) => lines.slice(6 * index, 6 * index + 6);
  for (let i = 0; minute(i).length > 0; i++) {
    const rss = samples.slice(60 * i, 60 * i + 60);
    report.row(`minute ${i + 1}`, {
      "fewest fps": Math.min(...minute(i).map(({ fewestFps }) => fewestFps)),
      "median fps": Math.min(...minute(i).map(({ medianFps }) => medianFps)),
      "longest gap ms": Math.round(Math.max(...minute(i).map(({ longestGapMs }) => longestGapMs))),
      "torn": minute(i).at(-1)!.torn,
      "out of order": minute(i).at(-1)!.outOfOrder,
      "cut off": minute(i).at(-1)!.cuts,
      "joins": minute(i).at(-1)!.joins,
      "MB from": Math.round(Math.min(...rss)),
      "to": Math.round(Math.max(...rss)),
    });
  }
}

/** Uploads numbered frames at a fixed rate; resolves to how many there were. */
async function film(edge: RunningEdge, base: Uint8Array, signal: AbortSignal): Promise<number> {
  let n = 0;
  for (let due = performance.now(); !signal.aborted; due += 1000 / FPS) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    await (await putFrame(edge.url, numbered(base, ++n))).body?.cancel();
  }
  return n;
}

function numbered(base: Uint8Array, n: number): Uint8Array<ArrayBuffer> {
  return withSegment(base, COMMENT, new TextEncoder().encode(String(n).padStart(12, "0")));
}

/** Resident memory of the edge, MB. */
async function memory(edge: RunningEdge): Promise<number> {
  const text = await (await fetch(`${edge.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)![1]) / 1024 / 1024;
}
