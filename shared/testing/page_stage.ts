// What tests of the page stand on: a real edge, a camera that sends ten frames a second, a browser.

import type { Browser } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { type RunningEdge, startEdge } from "./processes.ts";
import { SceneCamera } from "./camera.ts";
import { together, toolTest } from "./tools.ts";

/** A picture is stale after one second and its camera offline after ten. */
export const IMPATIENT: Readonly<Record<string, string>> = {
  PERCH_STALE_S: "1",
  PERCH_IDLE_INTERVAL_S: "1",
};

/** The colours of the page's words about its picture, in the light. */
export const GREEN = "rgb(20, 122, 70)";
export const AMBER = "rgb(135, 84, 0)";
export const RED = "rgb(176, 35, 24)";
export const GREY = "rgb(74, 80, 86)";

/** An edge with a camera that sends ten frames a second, and a browser. */
export interface Stage extends AsyncDisposable {
  readonly edge: RunningEdge;
  readonly camera: SceneCamera;
  readonly browser: Browser;
}

/** Sets it up. @param env Settings of the edge. @param shared A browser of somebody else's. */
export async function stage(
  env: Readonly<Record<string, string>> = {},
  shared?: Browser,
): Promise<Stage> {
  const edge = await startEdge({ env });
  const camera = await SceneCamera.make();
  const browser = shared ?? await launchChromium();
  await camera.send(edge.url);
  camera.run(edge.url, 10);
  return {
    edge,
    camera,
    browser,
    async [Symbol.asyncDispose]() {
      if (!shared) await browser.close();
      await camera.stop();
      await edge.stop();
    },
  };
}

/** Tests of pages that wait for most of their time, all at once in one browser. */
export function pagesTogether(
  name: string,
  tests: Readonly<Record<string, (browser: Browser) => Promise<void>>>,
): void {
  toolTest(["chromium"], name, async (t) => {
    await using browser = await launchChromium();
    const steps = Object.entries(tests).map(([name, fn]) => [name, () => fn(browser)]);
    await together(t, Object.fromEntries(steps));
  });
}

/** How many people the edge says are watching. */
export async function viewersOf(edge: RunningEdge): Promise<number> {
  return (await (await fetch(`${edge.url}/status.json`)).json()).viewers;
}

/** How old the newest picture is, ms. */
export async function ageOf(url: string, cam = "cam"): Promise<number> {
  return (await (await fetch(`${url}/cams/${cam}/status.json`)).json()).ageMs;
}
