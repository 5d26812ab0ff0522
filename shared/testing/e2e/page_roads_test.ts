// Which road the page takes as its line changes, and how old its picture is on it.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { NumberedCamera } from "../camera.ts";
import { until } from "../wait.ts";
import { startEdge } from "../processes.ts";
import { toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";

/** 400 kbit/s. */
const SLOW = { kind: "slow answers", bytesPerSecond: 50_000 } as const;

async function road(viewer: ViewerPage): Promise<string> {
  return /Connection\s+(\S+)/.exec(await viewer.text("#facts"))?.[1] ?? "";
}

/** Ages of the picture on the screen, looked at ten times a second, in s, the smallest first. */
async function ages(viewer: ViewerPage, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    found.push(Number(/Age when shown\s+([\d.]+) s/.exec(await viewer.text("#facts"))?.[1]));
    await viewer.page.waitForTimeout(100);
  }
  return found.toSorted((a, b) => a - b);
}

toolTest(["chromium"], "the page leaves the stream where it is late, and comes back", async () => {
  await using edge = await startEdge({ env: { PERCH_STRIP_METADATA: "false" } });
  const camera = await NumberedCamera.make();
  await camera.send(edge.url);
  const stop = new AbortController();
  const filming = camera.run(edge.url, 10, stop.signal);
  await using browser = await launchChromium();
  await using line = new FaultProxy(Number(new URL(edge.url).port));
  await using viewer = await ViewerPage.open(browser, line.url, {
    before: (page) => page.clock.install(),
  });
  await viewer.state("live");
  await viewer.page.keyboard.press("i");
  await until("a fast line has the stream", async () => await road(viewer) === "stream");
  const fast = await ages(viewer, 10);
  line.set(SLOW);
  await until("a slow line has requests", async () => await road(viewer) === "requests");
  const found = await ages(viewer, 25);
  // A picture takes 0.6 s on this line, and a busy machine its time.
  assert.ok(found[23] < 2 + 5 * fast[8], `p95 ${found[23]} s, ${fast[8]} s on a fast line`);
  line.set({ kind: "none" });
  await viewer.page.waitForTimeout(2000);
  assert.equal(await road(viewer), "requests", "it is fast, but for how long?");
  await until("a line that stays fast has the stream", async () => {
    // A jump in the middle of a transfer makes that one look slow: then another minute has to pass.
    await viewer.page.clock.fastForward(60_000);
    await viewer.page.waitForTimeout(1000);
    return await road(viewer) === "stream";
  });
  // Of a clock that is minutes ahead the edge hears as of a day to come.
  assert.deepEqual(viewer.complaints.filter((one) => !one.includes("422")), []);
  stop.abort();
  await filming;
});
