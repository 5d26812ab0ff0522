// Everything a camera program can do wrong, one row each: what a viewer sees, how long until frames
// flow again, that one child runs at a time and that none is left. All of it real but the sensor:
// camera program, agent, edge and stream.

import assert from "node:assert/strict";
import { systemClock } from "../../clock.ts";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { type FakeRpicam, installFakeRpicam } from "../fake_rpicam/install.ts";
import { isRunning } from "../fake_rpicam/starts.ts";
import { type RunningEdge, type RunningProgram, startEdge, startPi } from "../processes.ts";
import { together } from "../tools.ts";
import { type SeenFrame, StreamViewer } from "../viewer.ts";
import { until } from "../wait.ts";

const FPS = 20;

/** How long a camera runs once its frames flow for good. */
const RUN_MS = 1000;

/** Starts of a program that fit into the room given to a busy machine, on top of a second. */
const SLACK_STARTS = 20;

/** Ms that the agent waits before it starts a camera for the second time, at most. */
const BACKOFF_MS = 1200;

/** Ms without a frame that count as a stall in this test: more than a busy machine makes by itself. */
const STALL_MS = 15_000;

/** Bytes that the agent may hold at any time: a Pi Zero 2 W has 512 MiB for everything. */
const MOST_MEMORY = 256 * 2 ** 20;

interface Row {
  readonly fault: string;
  /** What the agent says of it. */
  readonly says?: RegExp;
  /** Most ms without a new picture, from the start of the agent on. */
  readonly gapMs?: number;
  /** Starts of the camera program until frames flow for good. Default 1. */
  readonly starts?: number;
  /** Whether pictures may look the same; otherwise each must be newer than the one before. */
  readonly same?: boolean;
  /** Whether a picture is one that has to be seen. Default any. */
  enough?(frame: SeenFrame): boolean;
  /** More about what was seen, on a machine that may be late by so many ms. */
  check?(frames: readonly SeenFrame[], slackMs: number): void;
}

/** Ends with a failure, then a second start goes well. */
function restarts(fault: string, says: RegExp, downMs = 0, more: Partial<Row> = {}): Row {
  return { fault: `${fault},first:1`, says, gapMs: downMs + BACKOFF_MS, starts: 2, ...more };
}

const ROWS: readonly Row[] = [
  restarts("stall:20,ignoreterm", /timed out|no picture for 15 s/, STALL_MS + 3000),
  restarts("frozen:20", /frozen: the same picture 30 times/, 30_000 / FPS, { same: true }),
  restarts("nocam", /no camera found/),
  restarts("busy:1", /in use/),
  restarts("nodma", /permission|dma/i),
  restarts("exit:20:1", /ended/),
  restarts("abort:20", /ended/),
  { fault: "garbage:200,pad:300,tiny,thumb,com-ffd9" },
  { fault: "nodht,rst,clockskew,stderrflood" },
  { fault: "progressive,huge:1" },
  { fault: "black", same: true },
  { fault: "slow:500", gapMs: 500 },
  {
    fault: "burst",
    // The newest frame, not the oldest of a queue that grows all the time.
    check: (frames, slackMs) =>
      assert.ok(frames.every(({ at, seenAt }) => seenAt - at < 1500 + slackMs)),
  },
  { fault: "trunc:3", check: noEveryThird },
  { fault: "trunchdr:3", check: noEveryThird },
  {
    fault: "resize:5",
    enough: ({ jpeg }) => sizeOf(jpeg) === "640x480",
    check(frames) {
      const sizes = [...new Set(frames.map(({ jpeg }) => sizeOf(jpeg)))];
      // A busy machine may have missed the first ones.
      assert.deepEqual(sizes, ["800x600", "640x480"].slice(-sizes.length));
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
  // Four at a time.
  for (let at = 0; at < ROWS.length; at += 4) {
    const rows = ROWS.slice(at, at + 4).map((row, index) =>
      [row.fault, () => play(edge, row, `cam-${at + index}`)] as const
    );
    await together(t, Object.fromEntries(rows));
  }
});

Deno.test("the edge tells why there is no picture", async () => {
  await using edge = await startEdge();
  const cases = [
    {
      cam: "mistaken",
      env: { PERCH_EXTRA_ARGS: "--sharpen 3" },
      says: /rejects its settings: unrecognised option '--sharpen'/,
      waits: /starting the camera again in [4-7]\d s/,
    },
    {
      cam: "loose",
      fault: "nocam",
      says: /no camera found: check the ribbon cable/,
      waits: /starting the camera again in 1 s/,
    },
  ];
  await Promise.all(cases.map(async ({ cam, env, fault, says, waits }) => {
    await using fake = await installFakeRpicam();
    await using pi = await startPi(edge.url, {
      env: { ...fake.env(fault), PERCH_SOURCE: "rpicam-vid", PERCH_CAM: cam, ...env },
    });
    await pi.line(waits);
    const url = `${edge.url}/cams/${cam}`;
    await until("the reason", async () => says.test(await lastError(url) ?? ""));
  }));
});

/** Runs one row from the start of the agent to its end. */
async function play(edge: RunningEdge, row: Row, cam: string): Promise<void> {
  await using fake = await installFakeRpicam();
  const startedAt = Date.now();
  const slowestStart = timeStarts(fake);
  await using pi = await startPi(edge.url, {
    env: {
      ...fake.env(`init:0,${row.fault}`),
      PERCH_SOURCE: "rpicam-vid",
      PERCH_CAM: cam,
      PERCH_FPS: String(FPS),
      PERCH_WIDTH: "800",
      PERCH_HEIGHT: "600",
      // Where no stall is played a busy machine must not make one.
      PERCH_STALL_S: row.fault.startsWith("stall") ? String(STALL_MS / 1000) : "60",
    },
  });
  const url = `${edge.url}/cams/${cam}`;
  await using viewer = new StreamViewer(() => `${url}/stream.mjpeg`);
  try {
    await watch({ row, url, fake, viewer, pi, startedAt, slowestStart });
    assert.equal((await pi.stop()).code, 0);
    assert.deepEqual(
      fake.starts().filter(({ pid }) => isRunning(pid)),
      [],
      "a child was left behind",
    );
  } catch (error) {
    throw new Error(`${error}\n${viewer.frames.length} pictures\n${pi.output}`, { cause: error });
  } finally {
    await slowestStart();
  }
}

interface Playing {
  readonly row: Row;
  readonly url: string;
  readonly fake: FakeRpicam;
  readonly viewer: StreamViewer;
  readonly pi: RunningProgram;
  readonly startedAt: number;
  /** `timeStarts` from that time on. */
  readonly slowestStart: () => Promise<number>;
}

async function watch(playing: Playing): Promise<void> {
  const { row, url, fake, viewer, pi, startedAt, slowestStart } = playing;
  if (row.says) await pi.line(row.says);
  const wanted = row.starts ?? 1;
  await until("starts", () => fake.starts().length >= wanted);
  const restartedAt = fake.starts()[wanted - 1].at;
  await viewer.until((seen) => seen.seenAt > restartedAt + RUN_MS && row.enough?.(seen) !== false);
  const memory = await pi.residentBytes();

  const frames = [...viewer.frames];
  const gaps = frames.map(({ seenAt }, i) => seenAt - (frames[i - 1]?.seenAt ?? startedAt));
  const longest = Math.max(...gaps);
  const slack = 1000 + SLACK_STARTS * await slowestStart();
  const most = slack + (row.gapMs ?? 0);
  assert.ok(longest < most, `${longest} ms without a picture, at most ${most} wanted`);
  if (!row.same) assertNewer(frames);
  for (const { jpeg } of frames) sizeOf(jpeg);
  row.check?.(frames, slack);
  await until("no error", async () => await lastError(url) === undefined);
  assert.ok(memory < MOST_MEMORY, `${memory} bytes of memory`);
  const starts = fake.starts();
  assert.equal(starts.length, wanted, "starts of the camera program");
  assert.deepEqual(starts.flatMap(({ running }) => running), [], "two children at once");
}

/**
 * Starts programs one after another, for what a second is worth on this machine meanwhile.
 * @returns What ends that, and gives the ms that the slowest start took.
 */
function timeStarts(fake: FakeRpicam): () => Promise<number> {
  let [slowest, ended] = [0, false];
  const starting = (async () => {
    while (!ended) {
      const start = performance.now();
      await new Deno.Command(`${fake.dir}/rpicam-vid`, { args: ["--version"] }).output();
      slowest = Math.max(slowest, performance.now() - start);
      await systemClock.sleep(slowest);
    }
  })();
  return async () => {
    ended = true;
    await starting;
    return slowest;
  };
}

function assertNewer(frames: readonly SeenFrame[]): void {
  for (const [i, { at, frame }] of frames.entries()) {
    // A burst makes several in a millisecond.
    const newer = i === 0 || at > frames[i - 1].at ||
      (at === frames[i - 1].at && frame > frames[i - 1].frame);
    assert.ok(newer, `picture ${i} is not newer than the one before`);
  }
}

/** What the edge says is wrong with a camera. */
async function lastError(url: string): Promise<string | undefined> {
  const response = await fetch(`${url}/status.json`);
  if (response.ok) return (await response.json()).lastError;
  await response.body?.cancel();
}
