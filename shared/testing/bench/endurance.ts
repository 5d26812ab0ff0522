// Long runs with a crowd: whether healthy viewers keep their rate and memory stays flat while others
// are slow, come and go, or hold connections and never read.

import { fileURLToPath } from "node:url";
import { RunningProgram } from "../processes.ts";
import { SilentClients } from "../silent_clients.ts";
import { type Load, measure, type Measured } from "./measure.ts";
import type { RestlessFigures } from "./restless_main.ts";
import type { Report } from "./scenario.ts";
import { publicEdge, type Server } from "./subjects.ts";
import { residentMb } from "./usage.ts";

const RESTLESS = fileURLToPath(new URL("restless_main.ts", import.meta.url));
const MINUTE_S = 60;

/** 500 viewers, a tenth of them slow, a tenth restless: ten minutes, or `PERCH_BENCH_S`. */
export async function benchCrowd(report: Report): Promise<void> {
  const seconds = Number(Deno.env.get("PERCH_BENCH_S") ?? 600);
  await using server = await publicEdge.start();
  const load: Load = {
    ...{ road: "mjpeg", viewers: 450, slow: 50, slowRate: 64 * 1024, fps: 10, ramp: 3, seconds },
  };
  const [measured, { joins, cuts, torn }, memory] = await Promise.all([
    measure(server, load),
    comeAndGo(server, seconds),
    sampleMemory(server, seconds),
  ]);
  report.row("400 healthy viewers", healthy(measured));
  report.note(`50 viewers at 64 KB/s: ${measured.load.slow.fpsMedian.toFixed(1)} fps each`);
  report.note(`50 that vanish: ${joins} times there, ${cuts} times cut off, ${torn} torn pictures`);
  tellMemory(report, memory);
}

/** 2,000 connections that never read or never ask, and 500 worse ones, beside 100 healthy viewers: three minutes. */
export async function benchSilent(report: Report): Promise<void> {
  const seconds = Number(Deno.env.get("PERCH_BENCH_S") ?? 180);
  await using server = await publicEdge.start();
  const before = residentMb(server.program.pid);
  const load: Load = { road: "mjpeg", viewers: 100, fps: 10, ramp: 1, seconds };
  const alone = await measure(server, { ...load, seconds: 10 });
  const silent = new SilentClients(`http://127.0.0.1:${server.port}`);
  await silent.open(1500, "idle");
  await silent.open(500, "stream");
  await silent.open(300, "socket");
  await silent.open(200, "half a request");
  // Until the kernel's buffers of those who never read are full, they are sent pictures too.
  const filling = await measure(server, { ...load, seconds: 30 });
  const [measured, memory] = await Promise.all([
    measure(server, load),
    sampleMemory(server, seconds),
  ]);
  silent.close();
  report.row("100 viewers alone", healthy(alone));
  report.row("2,500 silent, their first 30 s", healthy(filling));
  report.row("2,000 silent, after that", healthy(measured));
  report.note("silent: 1,500 that ask nothing, 500 streams unread");
  report.note("hung up on in their first 30 s: 300 sockets unread, 200 halves of a request");
  report.note(`memory before anybody came: ${Math.round(before)} MB`);
  tellMemory(report, memory);
}

function healthy({ load: { normal, dropped }, otherCores }: Measured): Record<string, number> {
  return {
    "fewest fps": normal.fpsMin,
    "median fps": normal.fpsMedian,
    "age p50 ms": normal.latencyMs.p50,
    "p99 ms": normal.latencyMs.p99,
    "max ms": normal.latencyMs.max,
    "torn": normal.corrupt,
    "cut off": dropped,
    "other cores": otherCores,
  };
}

/** Memory of the server once a second, MB. */
async function sampleMemory(server: Server, seconds: number): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < seconds; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    samples.push(residentMb(server.program.pid));
    if (samples.length % MINUTE_S === 0) console.log(`  ${samples.length} s of ${seconds}`);
  }
  return samples;
}

function tellMemory(report: Report, samples: readonly number[]): void {
  const minutes: string[] = [];
  for (let at = 0; at < samples.length; at += MINUTE_S) {
    const minute = samples.slice(at, at + MINUTE_S);
    minutes.push(`${Math.round(Math.min(...minute))}-${Math.round(Math.max(...minute))}`);
  }
  report.note(`memory by minute, MB: ${minutes.join(", ")}`);
  const later = samples.slice(MINUTE_S);
  if (later.length === 0) return;
  const change = 100 * (Math.max(...later) / samples[MINUTE_S - 1] - 1);
  report.note(`most after the first minute beside its end: ${change.toFixed(1)} % more`);
}

/** Viewers that come and go. */
async function comeAndGo(server: Server, seconds: number): Promise<RestlessFigures> {
  // The camera has to be there first: without a picture a stream is 404.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await using program = new RunningProgram("restless viewers", Deno.execPath(), [
    ...["run", "-q", "--allow-net", RESTLESS],
    ...["--port", `${server.port}`, "--seconds", `${seconds - 3}`],
  ]);
  const [line] = await program.line(/^\{.*/, 0, 1000 * (seconds + MINUTE_S));
  return JSON.parse(line);
}
