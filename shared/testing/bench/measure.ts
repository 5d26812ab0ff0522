// One measurement: a camera that uploads, a crowd that watches, and what the server spent on it.

import { RunningProgram } from "../processes.ts";
import type { PushFigures } from "./push_main.ts";
import type { Figures } from "./scenario.ts";
import { LOAD_CORE, type Server, type Subject } from "./subjects.ts";
import type { LoadFigures } from "./tally.ts";
import { cpuSeconds } from "./libc.ts";
import { machineCpuSeconds, pinned, residentMb } from "./usage.ts";

/** A camera and a crowd. */
export interface Load {
  readonly road: "mjpeg" | "socket" | "poll";
  readonly viewers: number;
  readonly seconds: number;
  readonly fps: number;
  /** Bytes of a frame. Default 30 KiB. */
  readonly size?: number;
  /** For `poll`: path with query, ms between requests, whether ETags are sent. */
  readonly path?: string;
  readonly interval?: number;
  readonly conditional?: boolean;
  /** Viewers among them that read only `slowRate` bytes a second. */
  readonly slow?: number;
  readonly slowRate?: number;
  /** Seconds over which the crowd comes. Default 1. */
  readonly ramp?: number;
  /** Seconds for which it then watches unmeasured. Default `WARMUP_S`. */
  readonly warmup?: number;
  /** For `socket`: whether frames are acknowledged. */
  readonly acknowledge?: boolean;
}

/** What came of it. */
export interface Measured {
  readonly load: LoadFigures;
  readonly push: PushFigures;
  /** Seconds for which it pushed. */
  readonly pushSeconds: number;
  /** CPU seconds of the server while it was measured. */
  readonly cpu: number;
  /** Cores that the load generator used. */
  readonly loaderCores: number;
  /** Cores that programs outside the bench used: above 0.2 the figures are not worth much. */
  readonly otherCores: number;
  readonly residentMb: number;
}

const PUSH_PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
/** Every server is measured warm: an engine compiles in its first seconds what runs for months. */
const WARMUP_S = 6;
const DEFAULT_SIZE = 30 * 1024;

/** Lets a crowd watch `server` and measures. */
export async function measure(server: Server, load: Load): Promise<Measured> {
  const { ramp = 1, warmup = WARMUP_S } = load;
  const pushSeconds = load.seconds + ramp + warmup + 1;
  const size = `${load.size ?? DEFAULT_SIZE}`;
  await using camera = script("push_main.ts", PUSH_PERMISSIONS, {
    port: server.port,
    token: server.token,
    fps: load.fps,
    size,
    skip: ramp + warmup,
    seconds: pushSeconds,
    ...server.uploadFile ? { file: server.uploadFile } : {},
  });
  await camera.line(/pushing/);
  await using crowd = script("load_main.ts", [], {
    port: server.port,
    token: server.token,
    road: load.road,
    path: load.path ?? (load.road === "socket" ? server.socketPath : server.streamPath),
    viewers: load.viewers,
    seconds: load.seconds,
    ramp,
    warmup,
    size,
    skip: load.road === "socket" ? server.skip : 0,
    slow: load.slow ?? 0,
    "slow-rate": load.slowRate ?? 0,
    interval: load.interval ?? 150,
  }, [...load.acknowledge ? ["--ack"] : [], ...load.conditional ? ["--conditional"] : []]);
  await crowd.line(/measuring/);
  const before = usage(server, crowd, camera);
  const deadlineMs = 1000 * (load.seconds + 60);
  const [figures] = await crowd.line(/^\{"seconds".*/, 0, deadlineMs).catch((error) => {
    throw new Error(`${error.message}\n${server.program.output}`);
  });
  const after = usage(server, crowd, camera);
  const [pushed] = await camera.line(/^\{"sent".*/);
  const loadFigures: LoadFigures = JSON.parse(figures);
  const seconds = (after.at - before.at) / 1000;
  const spent = (of: "server" | "crowd" | "ours" | "machine") => after[of] - before[of];
  return {
    load: loadFigures,
    push: JSON.parse(pushed),
    pushSeconds,
    cpu: spent("server"),
    loaderCores: spent("crowd") / seconds,
    otherCores: Math.max(0, spent("machine") - spent("ours")) / seconds,
    residentMb: after.residentMb,
  };
}

/** Measures each subject in turn, `rounds` times, and gives the middle of each figure. */
export async function sideBySide(
  subjects: readonly Subject[],
  rounds: number,
  load: Load | ((subject: Subject) => Load),
  figures: (measured: Measured) => Figures,
): Promise<{ subject: string; figures: Figures }[]> {
  const found = subjects.map((): Figures[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      await using server = await subject.start();
      const wanted = typeof load === "function" ? load(subject) : load;
      found[i].push(figures(await measure(server, wanted)));
    }
  }
  return subjects.map(({ name }, i) => ({ subject: name, figures: middle(found[i]) }));
}

/** The median of each figure. */
export function middle(rounds: readonly Figures[]): Figures {
  return Object.fromEntries(
    Object.entries(rounds[0]).map(([name, first]) => {
      if (typeof first === "string") return [name, first];
      const sorted = rounds.map((figures) => Number(figures[name])).sort((a, b) => a - b);
      return [name, sorted[sorted.length >> 1]];
    }),
  );
}

function script(
  file: string,
  permissions: readonly string[],
  options: Readonly<Record<string, string | number>>,
  flags: readonly string[] = [],
): RunningProgram {
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return new RunningProgram(
    file,
    ...pinned(LOAD_CORE, Deno.execPath(), [
      ...["run", "-q", "--allow-ffi", ...permissions],
      ...[`${import.meta.dirname}/${file}`, ...args, ...flags],
    ]),
  );
}

function usage(server: Server, crowd: RunningProgram, camera: RunningProgram) {
  const [serverCpu, crowdCpu] = [cpuSeconds(server.program.pid), cpuSeconds(crowd.pid)];
  return {
    at: performance.now(),
    server: serverCpu,
    crowd: crowdCpu,
    ours: serverCpu + crowdCpu + cpuSeconds(camera.pid) + cpuSeconds(Deno.pid),
    machine: machineCpuSeconds(),
    residentMb: residentMb(server.program.pid),
  };
}
