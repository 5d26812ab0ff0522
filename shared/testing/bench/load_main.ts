// The load generator: a crowd of viewers in a process of its own, one thread, printing one line of
// JSON when it starts to measure and one when it is done.

import { parseArgs } from "node:util";
import { BROKEN, close, nowUs, Poll, READABLE } from "./libc.ts";
import { MjpegViewer } from "./load_mjpeg.ts";
import { PollViewer } from "./load_poll.ts";
import { SocketLoadViewer } from "./load_socket.ts";
import type { Counting, Crowd, LoadViewer } from "./load_viewer.ts";
import { groupFigures, type LoadFigures, Tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    path: { type: "string" },
    road: { type: "string", default: "mjpeg" },
    viewers: { type: "string", default: "100" },
    seconds: { type: "string", default: "8" },
    ramp: { type: "string", default: "1" },
    warmup: { type: "string", default: "1.5" },
    size: { type: "string", default: "30720" },
    skip: { type: "string", default: "0" },
    ack: { type: "boolean", default: false },
    interval: { type: "string", default: "150" },
    conditional: { type: "boolean", default: false },
    token: { type: "string" },
    slow: { type: "string", default: "0" },
    "slow-rate": { type: "string", default: "65536" },
  },
});

const ROADS = { mjpeg: MjpegViewer, socket: SocketLoadViewer, poll: PollViewer } as const;
const SLOW_TICK_US = 50_000;

const crowd: Crowd = {
  port: Number(values.port),
  path: values.path!,
  headers: values.token ? `Authorization: Bearer ${values.token}\r\n` : "",
  size: Number(values.size),
  skip: Number(values.skip),
  acknowledge: values.ack,
  interval: Number(values.interval),
  conditional: values.conditional,
};
const count = Number(values.viewers);
const slowCount = Number(values.slow);
const slowRate = Number(values["slow-rate"]);
const rampUs = Number(values.ramp) * 1e6;
const startedAt = nowUs();
const from = startedAt + rampUs + Number(values.warmup) * 1e6;
const until = from + Number(values.seconds) * 1e6;

let measuring = false;
let failed = 0;
let dropped = 0;
const tallies = { normal: new Tally(), slow: new Tally() };
const Viewer = ROADS[values.road as keyof typeof ROADS];
const viewers: LoadViewer[] = [];
const byFd: (LoadViewer | undefined)[] = [];
const slowOnes = new Set<LoadViewer>();
const poll = new Poll();

/** Spread evenly among the others. */
function isSlow(index: number): boolean {
  return Math.floor((index + 1) * slowCount / count) > Math.floor(index * slowCount / count);
}

function startViewer(): void {
  const index = viewers.length;
  const slow = isSlow(index);
  const tally = slow ? tallies.slow : tallies.normal;
  const counting: Counting = { tally, slow, measuring: () => measuring };
  const viewer = new Viewer(crowd, counting, index);
  viewers.push(viewer);
  try {
    viewer.start();
  } catch {
    failed++;
    return;
  }
  byFd[viewer.fd] = viewer;
  if (slow) slowOnes.add(viewer);
  else poll.add(viewer.fd, READABLE);
}

function lose(viewer: LoadViewer): void {
  dropped++;
  byFd[viewer.fd] = undefined;
  slowOnes.delete(viewer);
  close(viewer.fd);
}

function onReady(fd: number, events: number): void {
  const viewer = byFd[fd];
  if (!viewer) return;
  const alive = (events & READABLE) === 0 || viewer.readable();
  if (!alive || (events & BROKEN) !== 0) lose(viewer);
}

/** Slow viewers read by the clock, a little at a time. */
function readSlowly(elapsedUs: number): void {
  for (const viewer of slowOnes) {
    const budget = Math.min(viewer.budget, slowRate) + slowRate * elapsedUs / 1e6;
    viewer.budget = Math.min(budget, slowRate / 4);
    for (let before = Infinity; viewer.budget < before && viewer.budget >= 1;) {
      before = viewer.budget;
      if (!viewer.readable()) {
        lose(viewer);
        break;
      }
      askAgain(viewer, nowUs());
    }
  }
}

function askAgain(viewer: LoadViewer, now: number): number {
  if (!(viewer instanceof PollViewer)) return Infinity;
  if (viewer.dueAt <= now && byFd[viewer.fd] === viewer) viewer.again();
  return viewer.dueAt;
}

let slowTickAt = startedAt;
for (let now = startedAt; now < until; now = nowUs()) {
  if (!measuring && now >= from) {
    measuring = true;
    console.log(JSON.stringify({ measuring: true }));
  }
  while (viewers.length < count && now >= startedAt + rampUs * viewers.length / count) {
    startViewer();
  }
  let nextAt = Math.min(now + 20_000, measuring ? until : from);
  if (viewers.length < count) {
    nextAt = Math.min(nextAt, startedAt + rampUs * viewers.length / count);
  }
  if (Viewer === PollViewer) {
    for (const viewer of viewers) nextAt = Math.min(nextAt, askAgain(viewer, now));
  }
  if (slowCount > 0 && now - slowTickAt >= SLOW_TICK_US) {
    readSlowly(now - slowTickAt);
    slowTickAt = now;
  }
  poll.wait(Math.max(0, Math.ceil((nextAt - nowUs()) / 1000)), onReady);
}

const seconds = (nowUs() - from) / 1e6;
const rates = (slow: boolean) =>
  viewers.filter((_, index) => isSlow(index) === slow)
    .map((viewer) => viewer instanceof PollViewer ? viewer.answers : viewer.frames);
const figures: LoadFigures = {
  seconds,
  failed,
  dropped,
  normal: groupFigures(tallies.normal, rates(false), seconds),
  slow: groupFigures(tallies.slow, rates(true), seconds),
};
console.log(JSON.stringify(figures));
Deno.exit(0);
