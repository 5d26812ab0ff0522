// Weeks of bad luck in seconds: the real agent on virtual time, with a camera and a network that fail
// at random, and rules that must hold at every moment.

import assert from "node:assert/strict";
import { Agent } from "../../pi/agent.ts";
import { parseConfig } from "../../pi/config.ts";
import type { ChildOutcome } from "../../pi/process.ts";
import { HEADER, parseSeq } from "../wire.ts";
import { fakeJpeg } from "./fake_rpicam/jpeg.ts";
import { TEST_TOKEN } from "./processes.ts";
import { seededRandom } from "./seeded_random.ts";
import { VirtualClock } from "./fake_clock.ts";

const CAMERA = ["good", "gone", "stalled", "frozen", "crashing", "noise"] as const;
const NETWORK = [
  "good",
  "refused",
  "swallowing",
  "deaf",
  "only small requests",
  "503",
  "401",
  "stranger",
] as const;

/** Ms between frames of the camera. */
const FRAME_MS = 2000;

/** Ms after the last trouble by which frames must flow: the agent's longest pause, a start, a frame. */
const RECOVERY_MS = 72_000 + 34_000 + 10_000;

/** Timers that a healthy agent may hold at once. */
const MOST_SLEEPERS = 25;

/** Requests in five seconds that a healthy agent stays below: frames, probes, questions, reports. */
const MOST_REQUESTS = 40;

/** What happened in the time. */
export interface Luck {
  readonly troubles: number;
  readonly captured: number;
  readonly accepted: number;
  readonly starts: number;
  /** Most timers held at once. */
  readonly sleepers: number;
}

/**
 * Runs an agent through random trouble.
 *
 * @param seed The same seed gives the same trouble.
 * @throws {assert.AssertionError} Where two cameras run at once, two frames are under way, a frame is
 * older than one sent before, requests or timers pile up, or frames do not flow again in time.
 */
export async function simulateBadLuck(seed: number, hours: number): Promise<Luck> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const world = {
    camera: "good" as typeof CAMERA[number],
    network: "good" as typeof NETWORK[number],
    interval: 500,
    calmSince: 0,
    troubles: 0,
  };
  const seen = { cameras: 0, uploads: 0, n: 0, acceptedAt: 0, accepted: 0, starts: 0, sleepers: 0 };
  let requests = 0;
  let captured = 0;
  let stuckUntil = 0;
  const where = () => `seed ${seed}, ${(clock.monotonic() / 3_600_000).toFixed(3)} h`;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];

  async function spawn(
    command: readonly string[],
    signal: AbortSignal,
    onBytes: (chunk: Uint8Array) => void,
  ): Promise<ChildOutcome> {
    if (clock.monotonic() < stuckUntil) return { kind: "stuck", pid: 1, stderr: [] };
    assert.equal(++seen.cameras, 1, `two camera programs at once: ${where()}`);
    seen.starts++;
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
  }

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
      seen.sleepers = Math.max(seen.sleepers, clock.sleeping);
      assert.ok(clock.sleeping <= MOST_SLEEPERS, `${clock.sleeping} timers: ${where()}`);
      assert.ok(requests <= MOST_REQUESTS, `${requests} requests in 5 s: ${where()}`);
      requests = 0;
      const calm = now - Math.max(world.calmSince, stuckUntil);
      const quiet = now - seen.acceptedAt;
      const due = Math.max(world.interval, FRAME_MS) + 10_000;
      assert.ok(calm < RECOVERY_MS || quiet < due, `no frame for ${quiet} ms: ${where()}`);
    }
  }

  const parsed = parseConfig({
    PERCH_URL: "https://cam.example.org",
    PERCH_TOKEN: TEST_TOKEN,
    PERCH_SOURCE: "rpicam-vid",
    PERCH_FPS: String(1000 / FRAME_MS),
    PERCH_IDLE_CAMERA: seed % 2 ? "stop" : "keep",
  });
  assert.ok(parsed.ok);
  const agent = new Agent({
    clock,
    log: { info() {}, warn() {}, error() {} },
    random,
    spawn,
    connect: () => ({
      fetch: (url, init) => clock.outside(() => answer(url, init)),
      close: () => {},
    }),
    session: "luck",
  }, parsed.config);
  const stop = new AbortController();
  const broken = Promise.all([weather(), watch(), agent.run(stop.signal)]);
  await Promise.race([clock.tick(hours * 3_600_000), broken]);
  stop.abort();
  const { accepted, starts, sleepers } = seen;
  return { troubles: world.troubles, captured, accepted, starts, sleepers };
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Small pictures that differ. */
const FRAMES = [1, 2, 3, 4, 5].map((frame) => fakeJpeg({ width: 160, height: 120, frame }));
