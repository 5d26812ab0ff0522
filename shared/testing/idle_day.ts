// What a camera that nobody watches sends: the real agent on a clock that runs as fast as it can, and
// an edge that answers as the real one does while idle.

import { Agent } from "../../pi/agent.ts";
import { parseConfig } from "../../pi/config.ts";
import type { ChildOutcome } from "../../pi/process.ts";
import { HEADER } from "../wire.ts";
import { fakeJpeg, segment } from "./fake_rpicam/jpeg.ts";
import { TEST_TOKEN } from "./processes.ts";
import { VirtualClock } from "./fake_clock.ts";

/** Bytes of a picture. */
const FRAME_BYTES = 30_000;

/** Frames a second that the camera takes. */
const FPS = 5;

/** Bytes of the headers that every request has and that are added below the agent. */
const COMMON_HEADER_BYTES =
  "host: cam.example.org\r\naccept: */*\r\naccept-language: *\r\nuser-agent: Deno/2.9.5\r\naccept-encoding: gzip,br\r\ncontent-length: 30000\r\n\r\n"
    .length;

/** What was sent in a simulated time. */
export interface IdleBytes {
  /** Frames the camera took. */
  readonly captured: number;
  /** Frames sent. */
  readonly sent: number;
  /** Requests of all kinds. */
  readonly requests: number;
  /** Bytes up, headers included, without TCP and TLS. */
  readonly bytes: number;
  /** Bytes that a camera which sends every frame would have sent in the same time. */
  readonly naiveBytes: number;
}

/**
 * Runs an idle camera with default settings.
 *
 * @param hours Simulated.
 * @param idleIntervalS The edge's `PERCH_IDLE_INTERVAL_S`.
 */
export async function simulateIdle(hours: number, idleIntervalS: number): Promise<IdleBytes> {
  const clock = new VirtualClock();
  const counts = { sent: 0, requests: 0, bytes: 0, framePut: 0 };
  const interval = idleIntervalS * 1000;

  async function answer(url: string, init: RequestInit): Promise<Response> {
    const { pathname, search, searchParams } = new URL(url);
    const body = init.body instanceof Uint8Array
      ? init.body.length
      : String(init.body ?? "").length;
    const bytes = headBytes(init, pathname + search) + body;
    counts.requests++;
    counts.bytes += bytes;
    if (pathname.endsWith("/live.jpeg")) {
      counts.sent++;
      counts.framePut = bytes;
      const headers = { [HEADER.interval]: String(interval), [HEADER.viewers]: "0" };
      return new Response(null, { status: 204, headers });
    }
    if (!pathname.endsWith("/demand")) return new Response(null, { status: 204 });
    if (Number(searchParams.get("interval")) === interval) {
      await clock.sleep(Number(searchParams.get("wait")) * 1000, init.signal!);
    }
    return Response.json({ interval, viewers: 0 });
  }

  const frames = [1, 2].map(frame);
  let captured = 0;
  async function spawn(
    command: readonly string[],
    signal: AbortSignal,
    onBytes: (chunk: Uint8Array) => void,
  ): Promise<ChildOutcome> {
    while (!command.includes("--list-cameras") && !signal.aborted) {
      onBytes(frames[captured++ % 2]);
      await clock.sleep(1000 / FPS, signal).catch(() => {});
    }
    return { kind: "exited", code: 0, stderr: [] };
  }

  const parsed = parseConfig({
    PERCH_URL: "https://cam.example.org",
    PERCH_TOKEN: TEST_TOKEN,
    PERCH_SOURCE: "rpicam-vid",
  });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const agent = new Agent({
    clock,
    log: { info() {}, warn() {}, error() {} },
    random: () => 0.5,
    spawn,
    connect: () => ({
      fetch: (url, init) => clock.outside(() => answer(url, init)),
      close: () => {},
    }),
    session: "idle",
  }, parsed.config);
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  await clock.tick(hours * 3_600_000);
  stop.abort();
  await running;
  const { sent, requests, bytes, framePut } = counts;
  return { captured, sent, requests, bytes, naiveBytes: captured * framePut };
}

function headBytes({ method = "GET", headers }: RequestInit, path: string): number {
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}`.length + COMMON_HEADER_BYTES;
}

/** A picture of the right size: what is missing is filled up with a comment. */
function frame(n: number): Uint8Array {
  const picture = { width: 640, height: 480, frame: n };
  const bare = fakeJpeg({ ...picture, head: [] });
  const comment = segment(0xfe, new Uint8Array(FRAME_BYTES - bare.length - 4));
  return fakeJpeg({ ...picture, head: [comment] });
}
