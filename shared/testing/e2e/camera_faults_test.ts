// Everything a camera program can do wrong, one row each: what a viewer sees, how long until frames
// flow again, that one child runs at a time and that none is left. All of it real but the sensor:
// camera program, agent, edge and stream.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { type FakeRpicam, installFakeRpicam } from "../fake_rpicam/install.ts";
import { isRunning } from "../fake_rpicam/starts.ts";
import { type RunningEdge, startEdge, startPi } from "../processes.ts";
import { residentBytes } from "../resident.ts";
import { type SeenFrame, StreamViewer } from "../stream_viewer.ts";

const FPS = 20;

/** How long a camera runs once its frames flow for good. */
const RUN_MS = 2000;

/** Room for a busy machine: starting a camera takes about half a second on an idle one. */
const SLACK_MS = 2500;

/** Ms that the agent waits before it starts a camera for the second time, at most. */
const BACKOFF_MS = 1200;

/** Ms without a frame that count as a stall in this test. */
const STALL_MS = 1000;

/** Bytes that the agent may hold at any time: a Pi Zero 2 W has 512 MiB for everything. */
const MOST_MEMORY = 192 * 2 ** 20;

/** When a row has failed, ms. */
const DEADLINE_MS = 40_000;

interface Row {
  readonly fault: string;
  /** What `/status.json` says of the camera while it fails. */
  readonly says?: RegExp;
  /** Most ms without a new picture, from the start of the agent on. */
  readonly gapMs?: number;
  /** Starts of the camera program until frames flow for good. Default 1. */
  readonly starts?: number;
  /** Whether pictures may look the same; otherwise each must be newer than the one before. */
  readonly same?: boolean;
  /** More about what was seen. */
  check?(frames: readonly SeenFrame[]): void;
}

/** Ends with a failure, then a second start goes well. */
function restarts(fault: string, says: RegExp, downMs = 0, more: Partial<Row> = {}): Row {
  return { fault: `${fault},first:1`, says, gapMs: downMs + BACKOFF_MS, starts: 2, ...more };
}

const ROWS: readonly Row[] = [
  restarts("never", /no picture within 10\.6 s/, 10_600),
  restarts("stall:20,ignoreterm", /timed out|no picture for 1 s/, STALL_MS + 3000),
  restarts("stall:20", /no picture for 1 s/, STALL_MS),
  restarts("frozen:20", /frozen: the same picture 30 times/, 30_000 / FPS, { same: true }),
  restarts("nocam", /no camera found/),
  restarts("busy:1", /in use/),
  restarts("nodma", /permission|dma/i),
  restarts("exit:20:0", /ended/),
  restarts("exit:20:1", /ended/),
  restarts("abort:20", /ended/),
  { fault: "garbage:200" },
  { fault: "pad:300" },
  { fault: "tiny" },
  { fault: "thumb" },
  { fault: "rst" },
  { fault: "nodht" },
  { fault: "progressive" },
  { fault: "com-ffd9" },
  { fault: "huge:1" },
  { fault: "stderrflood" },
  { fault: "clockskew" },
  { fault: "black", same: true },
  { fault: "slow:500", gapMs: 500 },
  {
    fault: "burst",
    // The newest frame, not the oldest of a queue that grows all the time.
    check: (frames) => assert.ok(frames.every(({ at, seenAt }) => seenAt - at < SLACK_MS)),
  },
  { fault: "trunc:3", check: noEveryThird },
  { fault: "trunchdr:3", check: noEveryThird },
  {
    fault: "resize:20",
    check(frames) {
      const sizes = frames.map(({ jpeg }) => sizeOf(jpeg));
      assert.deepEqual([...new Set(sizes)], ["800x600", "640x480"]);
    },
  },
];

function noEveryThird(frames: readonly SeenFrame[]): void {
  assert.deepEqual(frames.filter(({ frame }) => frame % 3 === 0), []);
}

function sizeOf(jpeg: Uint8Array): string {
  const result = inspectJpeg(jpeg);
  assert.ok(result.ok, JSON.stringify(result));
  return `${result.width}x${result.height}`;
}

Deno.test("camera faults", async (t) => {
  await using edge = await startEdge({ env: { PERCH_FPS: "30" } });
  const plays = ROWS.map((row, index) => () => play(edge, row, `cam-${index}`));
  const outcomes = pool(4, plays);
  for (const [index, row] of ROWS.entries()) {
    await t.step(row.fault, async () => {
      const outcome = await outcomes[index];
      if (outcome instanceof Error) throw outcome;
    });
  }
});

/** Runs one row from the start of the agent to its end. */
async function play(edge: RunningEdge, row: Row, cam: string): Promise<void> {
  await using fake = await installFakeRpicam();
  const startedAt = Date.now();
  await using pi = await startPi(edge.url, {
    env: {
      ...fake.env(`init:0,${row.fault}`),
      PERCH_SOURCE: "rpicam-vid",
      PERCH_CAM: cam,
      PERCH_FPS: String(FPS),
      PERCH_WIDTH: "800",
      PERCH_HEIGHT: "600",
      PERCH_STALL_S: String(STALL_MS / 1000),
    },
  });
  const url = `${edge.url}/cams/${cam}`;
  await using viewer = new StreamViewer(() => `${url}/stream.mjpeg`);
  try {
    await watch({ row, url, fake, viewer, pid: pi.pid, startedAt });
    assert.equal((await pi.stop()).code, 0);
    assert.deepEqual(
      fake.starts().filter(({ pid }) => isRunning(pid)),
      [],
      "a child was left behind",
    );
  } catch (error) {
    throw new Error(`${error}\n${viewer.frames.length} pictures\n${pi.output}`, { cause: error });
  }
}

interface Playing {
  readonly row: Row;
  readonly url: string;
  readonly fake: FakeRpicam;
  readonly viewer: StreamViewer;
  readonly pid: number;
  readonly startedAt: number;
}

async function watch({ row, url, fake, viewer, pid, startedAt }: Playing): Promise<void> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const said: string[] = [];
  const { says } = row;
  if (says) await until(async () => says.test(await lastError(url, said) ?? ""), deadline, said);
  const wanted = row.starts ?? 1;
  await until(() => fake.starts().length >= wanted, deadline);
  const restartedAt = fake.starts()[wanted - 1].at;
  await until(() => (viewer.last?.seenAt ?? 0) > restartedAt, deadline);
  const before = await residentBytes(pid);
  const end = Date.now() + RUN_MS;
  await until(() => viewer.last!.seenAt > end, deadline);
  const after = await residentBytes(pid);

  const frames = [...viewer.frames];
  const gaps = frames.map(({ seenAt }, i) => seenAt - (frames[i - 1]?.seenAt ?? startedAt));
  const longest = Math.max(...gaps);
  assert.ok(longest < SLACK_MS + (row.gapMs ?? 0), `${longest} ms without a picture`);
  if (!row.same) assertNewer(frames);
  for (const { jpeg } of frames) sizeOf(jpeg);
  row.check?.(frames);
  await until(async () => await lastError(url, said) === undefined, deadline, said);
  assert.ok(after < MOST_MEMORY, `memory went from ${before} to ${after} bytes`);
  const starts = fake.starts();
  assert.equal(starts.length, wanted, "starts of the camera program");
  assert.deepEqual(starts.flatMap(({ running }) => running), [], "two children at once");
}

function assertNewer(frames: readonly SeenFrame[]): void {
  for (const [i, { at }] of frames.entries()) {
    assert.ok(i === 0 || at > frames[i - 1].at, `picture ${i} is not newer than the one before`);
  }
}

/** What the edge says is wrong with a camera; notes it in `said` when it is new. */
async function lastError(url: string, said: string[]): Promise<string | undefined> {
  const response = await fetch(`${url}/status.json`);
  if (!response.ok) return void await response.body?.cancel();
  const { lastError: error } = await response.json();
  if (error !== undefined && error !== said.at(-1)) said.push(error);
  return error;
}

async function until(
  holds: () => boolean | Promise<boolean>,
  deadline: AbortSignal,
  said: readonly string[] = [],
): Promise<void> {
  while (!await holds()) {
    if (deadline.aborted) throw new Error(`waited in vain; the edge said ${JSON.stringify(said)}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Runs tasks, so many at a time, in their order. Failures come as values, for whoever asks. */
function pool(width: number, tasks: readonly (() => Promise<void>)[]): Promise<Error | void>[] {
  const free: (() => void)[] = [];
  let running = 0;
  return tasks.map(async (task) => {
    if (running === width) await new Promise<void>((resolve) => free.push(resolve));
    running++;
    try {
      await task();
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      running--;
      free.shift()?.();
    }
  });
}
