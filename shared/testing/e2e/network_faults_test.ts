// Bad networks between a real agent and a real edge, for both transports: the newest frame wins, no
// frame is older than the uplink makes it, none comes twice or out of order, and frames flow again
// within 2 s.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { FaultProxy, type NetworkFault } from "../fault_proxy.ts";
import { startEdge, startPi } from "../processes.ts";
import { type SeenFrame, StreamViewer } from "../viewer.ts";

/** Ms from the end of a fault to the first new frame, at most. */
const RECOVERY_MS = 2000;

/** Ms by which a busy test machine may be late. */
const SLACK_MS = 700;

interface Trouble {
  readonly name: string;
  readonly fault: NetworkFault | "edge killed";
  readonly lastsMs: number;
  /** What still arrives meanwhile: at least so many frames, none older than so many ms. */
  readonly during?: { readonly frames: number; readonly oldestMs: number };
}

const TROUBLES: readonly Trouble[] = [
  { name: "refused", fault: { kind: "refuse" }, lastsMs: 1500 },
  { name: "reset in the middle of a frame", fault: { kind: "reset", bytes: 9000 }, lastsMs: 2500 },
  { name: "a black hole", fault: { kind: "black hole" }, lastsMs: 4000 },
  // What arrived and was not confirmed is sent again, and must not be shown again.
  { name: "lost answers", fault: { kind: "answers lost" }, lastsMs: 3000 },
  {
    name: "every fifth request 3 s late",
    fault: { kind: "delay", nth: 5, ms: 3000 },
    lastsMs: 9000,
    during: { frames: 9, oldestMs: 3000 + SLACK_MS },
  },
  { name: "503 from a proxy on the way", fault: { kind: "answer", status: 503 }, lastsMs: 1500 },
  {
    name: "an uplink of 50 KB/s",
    fault: { kind: "slow", bytesPerSecond: 50_000 },
    lastsMs: 4000,
    // A frame of 16 KB takes 0.33 s, and may have waited for the one before it.
    during: { frames: 7, oldestMs: 700 + SLACK_MS },
  },
  { name: "the edge killed and started again", fault: "edge killed", lastsMs: 2000 },
];

/** What a viewer saw of a trouble. */
interface Outcome {
  readonly during: readonly SeenFrame[];
  /** From its end on, until frames had flowed for half a second. */
  readonly after: readonly SeenFrame[];
  /** Unix ms. */
  readonly endedAt: number;
}

Deno.test("network faults", async (t) => {
  const runs = ["put", "ws"].map((transport) => ({
    transport,
    outcomes: play(transport).catch((error: Error) => error),
  }));
  for (const { transport, outcomes } of runs) {
    for (const trouble of TROUBLES) {
      await t.step(`${transport}: ${trouble.name}`, async () => {
        const played = await outcomes;
        if (played instanceof Error) throw played;
        assertBounded(trouble, played.get(trouble)!);
      });
    }
    await t.step(`${transport}: every frame is newer than the one before`, async () => {
      const played = await outcomes;
      if (played instanceof Error) throw played;
      const frames = [...played.values()].flatMap(({ during, after }) => [...during, ...after]);
      frames.reduce((last, frame) => {
        assert.ok(frame.at > last.at, `frame ${frame.frame} came after ${last.frame}`);
        return frame;
      });
    });
  }
});

/** Lets one agent go through every trouble, one after the other. */
async function play(transport: string): Promise<Map<Trouble, Outcome>> {
  const port = freePort();
  const edgeEnv = { PORT: String(port), PERCH_FPS: "10" };
  let edge = await startEdge({ env: edgeEnv });
  try {
    await using fake = await installFakeRpicam();
    await using proxy = new FaultProxy(port);
    await using _pi = await startPi(proxy.url, {
      env: {
        ...fake.env("init:0"),
        PERCH_SOURCE: "rpicam-vid",
        PERCH_TRANSPORT: transport,
        PERCH_FPS: "10",
        PERCH_WIDTH: "640",
        PERCH_HEIGHT: "480",
      },
    });
    await using viewer = new StreamViewer(() => `${edge.url}/stream.mjpeg`);
    await viewer.more(5);
    const outcomes = new Map<Trouble, Outcome>();
    for (const trouble of TROUBLES) {
      const { fault, lastsMs } = trouble;
      const first = viewer.frames.length;
      if (fault === "edge killed") await edge.stop("SIGKILL");
      else proxy.set(fault);
      await new Promise((resolve) => setTimeout(resolve, lastsMs));
      if (fault === "edge killed") edge = await startEdge({ env: edgeEnv });
      else proxy.set({ kind: "none" });
      const endedAt = Date.now();
      const before = viewer.frames.length;
      await viewer.until(({ at }) => at > endedAt + 500);
      const during = viewer.frames.slice(first, before);
      outcomes.set(trouble, { during, after: viewer.frames.slice(before), endedAt });
    }
    return outcomes;
  } finally {
    await edge.stop("SIGKILL");
  }
}

function assertBounded({ during: wanted }: Trouble, { during, after, endedAt }: Outcome): void {
  const took = after[0].seenAt - endedAt;
  assert.ok(took <= RECOVERY_MS + SLACK_MS, `the first frame came after ${took} ms`);
  const age = after[0].seenAt - after[0].at;
  assert.ok(age <= RECOVERY_MS, `the first frame was ${age} ms old`);
  if (!wanted) return;
  assert.ok(during.length >= wanted.frames, `only ${during.length} frames came meanwhile`);
  const oldest = Math.max(...during.map(({ at, seenAt }) => seenAt - at));
  assert.ok(oldest <= wanted.oldestMs, `a frame was ${oldest} ms old`);
}

/** A port that was free a moment ago: the edge has to come back on the one it had. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
