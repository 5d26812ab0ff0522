// The real agent on virtual time: hours of random trouble, with rules that must hold at every moment,
// and what a camera that nobody watches sends.

import assert from "node:assert/strict";
import { createAgent } from "../../../pi/agent.ts";
import { parseConfig } from "../../../pi/config.ts";
import type { Spawn } from "../../../pi/process.ts";
import { HEADER, parseSeq } from "../../wire.ts";
import { fakeJpeg } from "../fake_rpicam/jpeg.ts";
import { TEST_TOKEN } from "../processes.ts";
import { seededRandom } from "../seeded_random.ts";
import { VirtualClock } from "../fake_clock.ts";

/** Runs an agent with an rpicam until `signal` aborts. */
function runAgent(
  clock: VirtualClock,
  { env = {}, random = () => 0.5, spawn, answer, signal }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly random?: () => number;
    readonly spawn: Spawn;
    answer(url: string, init: RequestInit): Promise<Response>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const parsed = parseConfig({
    PERCH_URL: "https://cam.example.org",
    PERCH_TOKEN: TEST_TOKEN,
    PERCH_SOURCE: "rpicam-vid",
    ...env,
  });
  assert.ok(parsed.ok);
  const agent = createAgent({
    clock,
    log: { info() {}, warn() {}, error() {} },
    random,
    spawn,
    connect: () => ({
      fetch: (url, init) => clock.outside(() => answer(url, init)),
      close: () => {},
    }),
    session: "virtual",
  }, parsed.config);
  return agent.run(signal);
}

const CAMERA = ["good", "gone", "stalled", "frozen", "crashing", "noise"] as const;
const NETWORK = [
  ...["good", "refused", "swallowing", "deaf", "only small requests"] as const,
  ...["503", "401", "stranger"] as const,
];

/** Ms between frames of the camera. */
const FRAME_MS = 2000;

/** Ms after the last trouble by which frames must flow: the agent's longest pause, a start, a frame. */
const RECOVERY_MS = 72_000 + 34_000 + 10_000;

/** Timers that a healthy agent may hold at once. */
const MOST_SLEEPERS = 25;

/** Requests in five seconds that a healthy agent stays below: frames, probes, questions, reports. */
const MOST_REQUESTS = 40;

/**
 * Runs an agent through random trouble. Never do two cameras run at once, are two frames under way, is a
 * frame older than one sent before, do requests or timers pile up, or do frames not flow again in time.
 */
async function badLuck(seed: number, hours: number): Promise<void> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const world = {
    camera: "good" as typeof CAMERA[number],
    network: "good" as typeof NETWORK[number],
    interval: 500,
    calmSince: 0,
    troubles: 0,
  };
  const seen = { cameras: 0, uploads: 0, n: 0, acceptedAt: 0, accepted: 0 };
  let requests = 0;
  let captured = 0;
  let stuckUntil = 0;
  const where = () => `seed ${seed}, ${(clock.monotonic() / 3_600_000).toFixed(3)} h`;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];

  const spawn: Spawn = async (command, signal, onBytes) => {
    if (clock.monotonic() < stuckUntil) return { kind: "stuck", pid: 1, stderr: [] };
    assert.equal(++seen.cameras, 1, `two camera programs at once: ${where()}`);
    try {
      await clock.sleep(300, signal).catch(() => {});
      if (command.includes("--list-cameras")) return { kind: "exited", code: 0, stderr: [] };
      while (!signal.aborted) {
        if (world.camera === "gone") {
          const stderr = ["ERROR: *** no cameras available ***"];
          return { kind: "exited", code: 255, stderr };
        }
        if (world.camera === "crashing") return { kind: "exited", code: 134, stderr: [] };
        if (world.camera === "good") onBytes(FRAMES[captured++ % FRAMES.length]);
        if (world.camera === "frozen") onBytes(FRAMES[0]);
        if (world.camera === "noise") onBytes(FRAMES[0].subarray(50, 2000));
        await clock.sleep(FRAME_MS, signal).catch(() => {});
      }
      const luck = random();
      if (luck < 0.1) await clock.sleep(3000);
      if (luck < 0.99) return { kind: "exited", code: 143, stderr: [] };
      stuckUntil = clock.monotonic() + 600_000;
      return { kind: "stuck", pid: 1, stderr: [] };
    } finally {
      seen.cameras--;
    }
  };

  async function answer(url: string, init: RequestInit): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    const upload = pathname.endsWith("/live.jpeg");
    requests++;
    if (upload) assert.equal(++seen.uploads, 1, `two frames under way: ${where()}`);
    try {
      const { network } = world;
      await clock.sleep(20, init.signal!);
      if (network === "refused" || (upload && network === "only small requests")) {
        throw new TypeError("connection refused");
      }
      if (network === "swallowing") return await never(init.signal!);
      if (network === "503" || network === "401") {
        return new Response(null, { status: Number(network) });
      }
      if (network === "stranger") return new Response("<html>Welcome to our Wi-Fi");
      const response = upload ? take(init) : await demand(searchParams, init.signal!);
      return network === "deaf" ? await never(init.signal!) : response;
    } finally {
      if (upload) seen.uploads--;
    }
  }

  function take({ headers }: RequestInit): Response {
    const { n } = parseSeq((headers as Record<string, string>)[HEADER.seq])!;
    assert.ok(n >= seen.n, `frame ${n} came after ${seen.n}: ${where()}`);
    if (n === seen.n) return new Response(null, { status: 409 });
    seen.n = n;
    seen.accepted++;
    seen.acceptedAt = clock.monotonic();
    const told = { [HEADER.interval]: String(world.interval), [HEADER.viewers]: "1" };
    return new Response(null, { status: 204, headers: told });
  }

  async function demand(query: URLSearchParams, signal: AbortSignal): Promise<Response> {
    const until = clock.monotonic() + Number(query.get("wait")) * 1000;
    while (world.interval === Number(query.get("interval")) && clock.monotonic() < until) {
      await clock.sleep(250, signal);
    }
    return Response.json({ interval: world.interval, viewers: 1 });
  }

  async function weather(): Promise<void> {
    for (;;) {
      await clock.sleep(30_000 + random() * 600_000);
      const trouble = random();
      if (trouble < 0.4) world.camera = pick(CAMERA);
      else if (trouble < 0.8) world.network = pick(NETWORK);
      else world.interval = pick([500, 10_000, 120_000]);
      world.troubles++;
      world.calmSince = Infinity;
      await clock.sleep(random() < 0.5 ? random() * 10_000 : random() * 1_200_000);
      world.camera = world.network = "good";
      world.calmSince = clock.monotonic();
    }
  }

  async function watch(): Promise<void> {
    for (;;) {
      await clock.sleep(5000);
      const now = clock.monotonic();
      assert.ok(clock.sleeping <= MOST_SLEEPERS, `${clock.sleeping} timers: ${where()}`);
      assert.ok(requests <= MOST_REQUESTS, `${requests} requests in 5 s: ${where()}`);
      requests = 0;
      const calm = now - Math.max(world.calmSince, stuckUntil);
      const quiet = now - seen.acceptedAt;
      const due = Math.max(world.interval, FRAME_MS) + 10_000;
      assert.ok(calm < RECOVERY_MS || quiet < due, `no frame for ${quiet} ms: ${where()}`);
    }
  }

  const stop = new AbortController();
  const env = {
    PERCH_FPS: String(1000 / FRAME_MS),
    PERCH_IDLE_CAMERA: seed % 2 ? "stop" : "keep",
  };
  const running = runAgent(clock, { env, random, spawn, answer, signal: stop.signal });
  await Promise.race([clock.tick(hours * 3_600_000), Promise.all([weather(), watch(), running])]);
  stop.abort();
  assert.ok(world.troubles > 10, `${world.troubles} troubles`);
  assert.ok(seen.accepted > 500, `${seen.accepted} frames`);
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Small pictures that differ. */
const FRAMES = [1, 2, 3, 4, 5].map((frame) => fakeJpeg({ width: 160, height: 120, frame }));

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`six hours of bad luck, seed ${seed}, and the rules hold`, () => badLuck(seed, 6));
}

/** Frames a second that the camera takes. */
const FPS = 5;

/** Bytes of a request besides its body: more than any has. */
const HEAD_BYTES = 500;

/** Runs a camera for an hour that nobody watches, at an edge that answers as the real one does then. */
async function idleHour(idleIntervalS: number) {
  const clock = new VirtualClock();
  const counts = { captured: 0, sent: 0, bytes: 0 };
  const interval = idleIntervalS * 1000;

  async function answer(url: string, init: RequestInit): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    counts.bytes += HEAD_BYTES + (await new Response(init.body).bytes()).length;
    if (pathname.endsWith("/live.jpeg")) {
      counts.sent++;
      const headers = { [HEADER.interval]: String(interval), [HEADER.viewers]: "0" };
      return new Response(null, { status: 204, headers });
    }
    if (!pathname.endsWith("/demand")) return new Response(null, { status: 204 });
    if (Number(searchParams.get("interval")) === interval) {
      await clock.sleep(Number(searchParams.get("wait")) * 1000, init.signal!);
    }
    return Response.json({ interval, viewers: 0 });
  }

  const frames = [1, 2].map((frame) => fakeJpeg({ width: 640, height: 480, frame }));
  const spawn: Spawn = async (command, signal, onBytes) => {
    while (!command.includes("--list-cameras") && !signal.aborted) {
      onBytes(frames[counts.captured++ % 2]);
      await clock.sleep(1000 / FPS, signal).catch(() => {});
    }
    return { kind: "exited", code: 0, stderr: [] };
  };

  const stop = new AbortController();
  const running = runAgent(clock, { spawn, answer, signal: stop.signal });
  await clock.tick(3_600_000);
  stop.abort();
  await running;
  // Of one that sends every frame.
  const most = counts.captured * (HEAD_BYTES + frames[0].length);
  return { ...counts, timesLess: most / counts.bytes };
}

for (const [idleIntervalS, atLeast] of [[10, 45], [120, 500]]) {
  Deno.test(`idle at a frame each ${idleIntervalS} s a camera sends ${atLeast} times less`, async () => {
    const { captured, sent, timesLess } = await idleHour(idleIntervalS);
    assert.ok(Math.abs(captured - 18_000) <= 2, `${captured} frames taken`);
    assert.ok(Math.abs(sent - 3600 / idleIntervalS) <= 2, `${sent} frames sent`);
    assert.ok(timesLess >= atLeast, `${timesLess.toFixed(1)} times less`);
  });
}
