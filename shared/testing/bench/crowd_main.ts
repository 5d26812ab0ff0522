// A crowd that behaves as crowds do: most read, some read slowly, some vanish and come back. A
// process of its own; prints one line of JSON each ten seconds and one at the end.

import { parseArgs } from "node:util";
import { JpegSplitter } from "../../jpeg/splitter.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    healthy: { type: "string", default: "100" },
    slow: { type: "string", default: "0" },
    restless: { type: "string", default: "0" },
    seconds: { type: "string", default: "10" },
  },
});

const PERIOD_S = 10;
const SLOW_BYTES = 6554; // every 100 ms: 64 KB/s
const port = Number(values.port);
const until = performance.now() + 1000 * Number(values.seconds);
const REQUEST = new TextEncoder().encode(
  "GET /stream.mjpeg HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
);

type Kind = "healthy" | "slow" | "restless";

/** What the crowd says of itself. */
export interface CrowdFigures {
  /** Since the line before; healthy viewers only: frames a second of the unluckiest and the median. */
  readonly fewestFps: number;
  readonly medianFps: number;
  /** Longest time without a frame, ms, of any healthy viewer. */
  readonly longestGapMs: number;
  readonly torn: number;
  readonly outOfOrder: number;
  readonly cuts: number;
  readonly joins: number;
}

interface Viewer {
  readonly kind: Kind;
  frames: number;
  lastAt: number;
  lastNumber: number;
}

const totals = { torn: 0, outOfOrder: 0, cuts: 0, joins: 0 };
let frameSize = 0;
let longestGapMs = 0;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function live(viewer: Viewer): Promise<void> {
  while (performance.now() < until) {
    const leaveAt = viewer.kind === "restless"
      ? performance.now() + 2000 + Math.random() * 20_000
      : until;
    viewer.lastAt = 0;
    const cut = await watch(viewer, leaveAt).catch(() => true);
    if (cut && performance.now() < until) totals.cuts++;
    await sleep(viewer.kind === "restless" ? Math.random() * 2000 : 250);
  }
}

/** Watches until it is time to leave; true where the edge ended it. */
async function watch(viewer: Viewer, leaveAt: number): Promise<boolean> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => connection.close(), Math.max(0, leaveAt - performance.now()));
  try {
    totals.joins++;
    await connection.write(REQUEST);
    const splitter = new JpegSplitter();
    const piece = new Uint8Array(viewer.kind === "slow" ? SLOW_BYTES : 64 * 1024);
    for (;;) {
      const got = await connection.read(piece);
      if (got === null) return true;
      for (const jpeg of splitter.push(piece.subarray(0, got))) take(viewer, jpeg);
      if (viewer.kind === "slow") await sleep(100);
    }
  } catch (error) {
    return performance.now() < leaveAt - 5 || !(error instanceof Error);
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // left in time: closed already
    }
  }
}

function take(viewer: Viewer, jpeg: Uint8Array): void {
  frameSize ||= jpeg.length;
  if (jpeg.length !== frameSize) totals.torn++;
  const number = Number(new TextDecoder().decode(jpeg.subarray(6, 18)));
  if (number < viewer.lastNumber) totals.outOfOrder++;
  viewer.lastNumber = number;
  viewer.frames++;
  const now = performance.now();
  if (viewer.kind === "healthy" && viewer.lastAt > 0) {
    longestGapMs = Math.max(longestGapMs, now - viewer.lastAt);
  }
  viewer.lastAt = now;
}

const kinds: Kind[] = (["healthy", "slow", "restless"] as const)
  .flatMap((kind) => Array<Kind>(Number(values[kind])).fill(kind));
const viewers = kinds.map((kind): Viewer => ({ kind, frames: 0, lastAt: 0, lastNumber: 0 }));
const lives: Promise<void>[] = [];
for (const viewer of viewers) {
  lives.push(live(viewer));
  if (lives.length % 25 === 0) await sleep(50);
}
let before = performance.now();
for (const viewer of viewers) viewer.frames = 0;
while (performance.now() < until) {
  await sleep(Math.min(1000 * PERIOD_S, Math.max(100, until - performance.now())));
  const now = performance.now();
  const rates = viewers.filter(({ kind }) => kind === "healthy")
    .map(({ frames }) => frames / ((now - before) / 1000))
    .sort((a, b) => a - b);
  const figures: CrowdFigures = {
    fewestFps: rates[0],
    medianFps: rates[rates.length >> 1],
    longestGapMs,
    ...totals,
  };
  if (now - before > 500 * PERIOD_S) console.log(JSON.stringify(figures));
  before = now;
  longestGapMs = 0;
  for (const viewer of viewers) viewer.frames = 0;
}
Deno.exit(0);
