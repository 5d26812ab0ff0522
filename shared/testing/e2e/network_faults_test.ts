// Bad networks between a real agent and a real edge, for both transports: the newest frame wins, no
// frame is older than the uplink makes it, none comes twice or out of order, and frames flow again
// within 2 s.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { FaultProxy, type NetworkFault } from "../fault_proxy.ts";
import { startEdge, startPi } from "../processes.ts";
import { type SeenFrame, StreamViewer } from "../viewer.ts";

/** Ms from the end of a fault to the first new frame, at most, and how old that may be. */
const RECOVERY_MS = 2000;

interface Trouble {
  readonly name: string;
  readonly fault: NetworkFault | "edge killed";
  readonly lastsMs: number;
  /** What still arrives meanwhile: so many frames, before the fault ends, none older than so many ms. */
  readonly during?: { readonly frames: number; readonly oldestMs: number };
}

/** Two agents share these, as far as they take equally long. */
const TROUBLES: readonly (readonly Trouble[])[] = [[
  { name: "refused", fault: { kind: "refuse" }, lastsMs: 1500 },
  { name: "reset in the middle of a frame", fault: { kind: "reset", bytes: 9000 }, lastsMs: 1500 },
  // What arrived and was not confirmed is sent again, and must not be shown again.
  { name: "lost answers", fault: { kind: "answers lost" }, lastsMs: 3000 },
  {
    name: "an uplink of 50 KB/s",
    fault: { kind: "slow", bytesPerSecond: 50_000 },
    lastsMs: 2500,
    // A frame of 16 KB takes 0.33 s, and may have waited for the one before it.
    during: { frames: 5, oldestMs: 1400 },
  },
], [
  { name: "a black hole", fault: { kind: "black hole" }, lastsMs: 4000 },
  {
    name: "every fifth request 3 s late",
    fault: { kind: "delay", nth: 5, ms: 3000 },
    lastsMs: 3500,
    during: { frames: 6, oldestMs: 3700 },
  },
  { name: "503 from a proxy on the way", fault: { kind: "answer", status: 503 }, lastsMs: 1500 },
  { name: "the edge killed and started again", fault: "edge killed", lastsMs: 1000 },
]];

/** What a viewer saw of a trouble. */
interface Outcome {
  readonly during: readonly SeenFrame[];
  /** From its end on, until frames had flowed for half a second. */
  readonly after: readonly SeenFrame[];
  /** Unix ms. */
  readonly endedAt: number;
  /** How old pictures of a camera without trouble were meanwhile, at most, ms: what this machine costs. */
  readonly slackMs: number;
}

Deno.test("network faults", async (t) => {
  const runs = ["put", "ws"].flatMap((transport) =>
    TROUBLES.map((troubles) => ({
      transport,
      troubles,
      outcomes: play(transport, troubles).catch((error: Error) => error),
    }))
  );
  for (const { transport, troubles, outcomes } of runs) {
    for (const [i, trouble] of troubles.entries()) {
      await t.step(`${transport}: ${trouble.name}`, async () => {
        const played = await outcomes;
        if (played instanceof Error) throw played;
        assertBounded(trouble, played[i]);
        const frames = played.slice(0, i + 1).flatMap(({ during, after }) => [...during, ...after]);
        frames.reduce((last, frame) => {
          assert.ok(frame.at > last.at, `frame ${frame.frame} came after ${last.frame}`);
          return frame;
        });
      });
    }
  }
});

/** Lets one agent go through troubles, one after the other. */
async function play(transport: string, troubles: readonly Trouble[]): Promise<Outcome[]> {
  const port = freePort();
  const edgeEnv = { PORT: String(port), PERCH_FPS: "10" };
  let edge = await startEdge({ env: edgeEnv });
  try {
    await using fake = await installFakeRpicam();
    await using proxy = new FaultProxy(port);
    const start = (url: string, PERCH_CAM: string) =>
      startPi(url, {
        env: {
          ...fake.env("init:0"),
          PERCH_CAM,
          PERCH_SOURCE: "rpicam-vid",
          PERCH_TRANSPORT: transport,
          PERCH_FPS: "10",
          PERCH_WIDTH: "640",
          PERCH_HEIGHT: "480",
        },
      });
    await using _pi = await start(proxy.url, "cam");
    await using _other = await start(edge.url, "other");
    await using viewer = new StreamViewer(() => `${edge.url}/stream.mjpeg`);
    await using other = new StreamViewer(() => `${edge.url}/cams/other/stream.mjpeg`);
    await Promise.all([viewer.more(5), other.more(5)]);
    const outcomes: Outcome[] = [];
    for (const { fault, lastsMs, during } of troubles) {
      const [first, firstOther] = [viewer.frames.length, other.frames.length];
      if (fault === "edge killed") await edge.stop("SIGKILL");
      else proxy.set(fault);
      await new Promise((resolve) => setTimeout(resolve, lastsMs));
      if (during) await viewer.more(Math.max(1, first + during.frames - viewer.frames.length));
      if (fault === "edge killed") edge = await startEdge({ env: edgeEnv });
      else proxy.set({ kind: "none" });
      const endedAt = Date.now();
      const before = viewer.frames.length;
      const later = ({ at }: SeenFrame) => at > endedAt + 500;
      await Promise.all([viewer.until(later), other.until(later)]);
      const ages = other.frames.slice(firstOther).map(({ at, seenAt }) => seenAt - at);
      outcomes.push({
        during: viewer.frames.slice(first, before),
        after: viewer.frames.slice(before),
        endedAt,
        slackMs: Math.max(...ages),
      });
    }
    return outcomes;
  } finally {
    await edge.stop("SIGKILL");
  }
}

function assertBounded({ during: wanted }: Trouble, outcome: Outcome): void {
  const { during, after, endedAt } = outcome;
  // Of what takes no longer where nothing is wrong, ten times as much is not what the fault costs.
  const slackMs = 500 + 10 * outcome.slackMs;
  const took = after[0].seenAt - endedAt;
  assert.ok(took <= RECOVERY_MS + slackMs, `the first frame came after ${took} ms`);
  const age = after[0].seenAt - after[0].at;
  assert.ok(age <= RECOVERY_MS + slackMs, `the first frame was ${age} ms old`);
  if (!wanted) return;
  const oldest = Math.max(...during.map(({ at, seenAt }) => seenAt - at));
  assert.ok(oldest <= wanted.oldestMs + slackMs, `a frame was ${oldest} ms old`);
}

/** A port that was free a moment ago: the edge has to come back on the one it had. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
