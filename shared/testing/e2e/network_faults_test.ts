// Bad networks between a real agent and a real edge, for both transports: the newest frame wins, no
// frame is older than the uplink makes it, none comes twice or out of order, and frames flow again
// within 2 s.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { FaultProxy, type NetworkFault } from "../fault_proxy.ts";
import { type RunningProgram, startEdge, startPi, waitedForCpu } from "../processes.ts";
import { freePorts } from "../proxies.ts";
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

const TROUBLES: readonly (readonly Trouble[])[] = [[
  { name: "refused", fault: { kind: "refuse" }, lastsMs: 1000 },
  { name: "reset in the middle of a frame", fault: { kind: "reset", bytes: 9000 }, lastsMs: 1000 },
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
  { name: "503 from a proxy on the way", fault: { kind: "answer", status: 503 }, lastsMs: 1000 },
  { name: "the edge killed and started again", fault: "edge killed", lastsMs: 1000 },
]];

/** What the viewer of a transport saw of a trouble. */
interface Outcome {
  readonly transport: string;
  readonly trouble: Trouble;
  readonly during: readonly SeenFrame[];
  /** From its end on, until frames had flowed for half a second. */
  readonly after: readonly SeenFrame[];
  /** Unix ms. */
  readonly endedAt: number;
  /**
   * What this machine costs, ms: ten times how old pictures of a camera without trouble were meanwhile at
   * most, or two edge's starts, and for how long the programs had no CPU.
   */
  readonly slackMs: number;
}

Deno.test("network faults", async (t) => {
  for (const outcome of (await Promise.all(TROUBLES.map(play))).flat()) {
    const { transport, trouble } = outcome;
    await t.step(`${transport}: ${trouble.name}`, () => assertBounded(trouble, outcome));
  }
});

/** Lets an agent of each transport go through troubles, one after the other. */
async function play(troubles: readonly Trouble[]): Promise<Outcome[]> {
  const [port] = freePorts(1);
  const edgeEnv = { PORT: String(port), PERCH_FPS: "10" };
  let edge = await startEdge({ env: edgeEnv });
  await using rest = new AsyncDisposableStack();
  rest.defer(() => edge.stop("SIGKILL").then(() => {}));
  const fake = rest.use(await installFakeRpicam());
  const agents: RunningProgram[] = [];
  /** An agent and its viewer. */
  const start = async (transport: string, url: string, PERCH_CAM = transport) => {
    const env = {
      ...fake.env("init:0"),
      PERCH_CAM,
      PERCH_SOURCE: "rpicam-vid",
      PERCH_TRANSPORT: transport,
      PERCH_FPS: "10",
      PERCH_WIDTH: "640",
      PERCH_HEIGHT: "480",
    };
    agents.push(rest.use(await startPi(url, { env })));
    return rest.use(new StreamViewer(() => `${edge.url}/cams/${PERCH_CAM}/stream.mjpeg`));
  };
  const other = await start("put", edge.url, "other");
  const tried = await Promise.all(["put", "ws"].map(async (transport) => {
    const proxy = rest.use(new FaultProxy(port));
    return { transport, proxy, viewer: await start(transport, proxy.url) };
  }));
  const viewers = [other, ...tried.map(({ viewer }) => viewer)];
  await Promise.all(viewers.map((viewer) => viewer.more(5)));
  const outcomes: Outcome[] = [];
  for (const trouble of troubles) {
    const { fault, lastsMs, during } = trouble;
    const waitedBefore = await waitedForCpu([...agents, edge]);
    const firstOther = other.frames.length;
    const firsts = tried.map(({ viewer }) => viewer.frames.length);
    if (fault === "edge killed") await edge.stop("SIGKILL");
    else for (const { proxy } of tried) proxy.set(fault);
    await new Promise((resolve) => setTimeout(resolve, lastsMs));
    for (const [i, { viewer }] of during ? tried.entries() : []) {
      await viewer.more(Math.max(1, firsts[i] + during!.frames - viewer.frames.length));
    }
    const startedAt = Date.now();
    if (fault === "edge killed") edge = await startEdge({ env: edgeEnv });
    else for (const { proxy } of tried) proxy.set({ kind: "none" });
    const endedAt = Date.now();
    const ends = tried.map(({ viewer }) => viewer.frames.length);
    const later = ({ at }: SeenFrame) => at > endedAt + 500;
    await Promise.all(viewers.map((viewer) => viewer.until(later)));
    const ages = other.frames.slice(firstOther).map(({ at, seenAt }) => seenAt - at);
    const waitedMs = await waitedForCpu([...agents, edge]) - waitedBefore;
    // Of what takes no longer where nothing is wrong, ten times as much is not what the fault costs.
    const slackMs = 10 * Math.max(...ages, (endedAt - startedAt) / 5) + Math.max(0, waitedMs);
    for (const [i, { transport, viewer: { frames } }] of tried.entries()) {
      const during = frames.slice(firsts[i], ends[i]);
      const after = frames.slice(ends[i]);
      outcomes.push({ transport, trouble, during, after, endedAt, slackMs });
    }
  }
  for (const { viewer } of tried) {
    viewer.frames.reduce((last, frame) => {
      assert.ok(frame.at > last.at, `frame ${frame.frame} came after ${last.frame}`);
      return frame;
    });
  }
  return outcomes;
}

function assertBounded({ during: wanted }: Trouble, outcome: Outcome): void {
  const { during, after, endedAt } = outcome;
  const slackMs = 500 + outcome.slackMs;
  const took = after[0].seenAt - endedAt;
  assert.ok(took <= RECOVERY_MS + slackMs, `the first frame came after ${took} ms`);
  const age = after[0].seenAt - after[0].at;
  assert.ok(age <= RECOVERY_MS + slackMs, `the first frame was ${age} ms old`);
  if (!wanted) return;
  const oldest = Math.max(...during.map(({ at, seenAt }) => seenAt - at));
  assert.ok(oldest <= wanted.oldestMs + slackMs, `a frame was ${oldest} ms old`);
}
