// axe-core finds nothing on any page, in any state, in the light and in the dark.

import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { IMPATIENT } from "../page_stage.ts";
import { startEdge, TEST_TOKEN } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { toolTest } from "../tools.ts";
import { until } from "../wait.ts";
import { ViewerPage } from "../viewer_page.ts";

const VIEW_TOKEN = "a-view-token-for-tests";

/** Brings a page into a state that is to be looked at. */
type Step = (viewer: ViewerPage) => Promise<unknown>;

/** Looks at a page after each of the steps. */
async function look(
  browser: Browser,
  url: string,
  steps: Readonly<Record<string, Step>>,
): Promise<void> {
  await using viewer = await ViewerPage.open(browser, url, {
    viewport: { width: 320, height: 568 },
    reducedMotion: "reduce",
  });
  for (const [name, step] of Object.entries(steps)) {
    await step(viewer);
    // The dark differs in colours alone.
    for (const [colorScheme, runOnly] of [["dark", ["color-contrast"]], ["light"]] as const) {
      await viewer.page.emulateMedia({ colorScheme });
      const found = await viewer.findings(runOnly as string[] | undefined);
      assert.deepEqual(found, [], `${new URL(url).pathname}, ${name}, ${colorScheme}`);
    }
    const wide = await viewer.page.evaluate(() =>
      document.documentElement.scrollWidth - innerWidth
    );
    assert.ok(wide <= 0, `${url}, ${name}: ${wide} px wider than the screen`);
  }
}

const state = (kind: string): Step => (viewer) => viewer.state(kind);
const press = (key: string): Step => (viewer) => viewer.page.keyboard.press(key);
const closed: Step = async ({ page }) => {
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
};
const panel = (id: string, key: string): Step => async ({ page }) => {
  await page.keyboard.press(key);
  await page.locator(`#${id}[open]`).waitFor();
  for (const summary of await page.locator(`#${id} summary:visible`).all()) await summary.click();
};

toolTest(["chromium"], "axe-core finds nothing on a public cam's pages", async () => {
  await using edge = await startEdge({ env: { ...IMPATIENT, PERCH_KEYFRAME_S: "1" } });
  await using camera = await SceneCamera.make();
  // It sends for one who watches and stays: a camera that nobody watches is offline much later.
  await camera.as("gone").send(edge.url);
  const watching = (await fetch(`${edge.url}/cams/gone/stream.mjpeg`)).body!;
  await camera.as("gone").send(edge.url);
  const told = await fetch(`${edge.url}/cams/new/report`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
    body: JSON.stringify({ state: "failing", error: "no camera was found", name: "Küche" }),
  });
  assert.ok(told.ok);
  camera.run(edge.url, 5);
  await until("there is a past", async () => {
    return (await (await fetch(`${edge.url}/frames`)).json()).frames?.length > 2;
  });
  await using browser = await launchChromium();
  const at = (path: string, steps: Readonly<Record<string, Step>>) =>
    look(browser, edge.url + path, steps);
  await at("/cams/cam", {
    live: state("live"),
    timeline: ({ page }) => page.locator("#timeline").waitFor(),
    details: press("i"),
    magnified: press("+"),
    keys: panel("keys", "?"),
    share: async (viewer) => {
      await closed(viewer);
      await panel("sharing", "h")(viewer);
    },
    paused: async (viewer) => {
      await closed(viewer);
      await press(" ")(viewer);
      await viewer.state("paused");
    },
    past: async (viewer) => {
      await viewer.page.locator("#track").press("Home");
      await viewer.state("past");
    },
    "film's panel": ({ page }) => page.locator("#film").click(),
    film: async ({ page }) => {
      await page.getByRole("button", { name: "Make the film" }).click();
      await page.locator("dialog:modal video").waitFor();
    },
  });
  await at("/cams/new", { empty: state("empty") });
  await at("/nosuch", { "no such page": ({ page }) => page.locator("h1").waitFor() });
  await at("/cams/gone", {
    lost: ({ page }) =>
      page.locator('main:is([data-state="stale"], [data-state="offline"])').waitFor(),
    offline: state("offline"),
    "no network": async (viewer) => {
      await viewer.page.context().setOffline(true);
      await viewer.state("reconnecting");
    },
  });
  for (const path of ["/cams", "/cams/nosuch"]) {
    await at(path, {
      all: async ({ page }) => {
        for (const kind of ["live", "offline", "empty"]) {
          await page.locator(`.tile[data-state="${kind}"]`).waitFor();
        }
      },
    });
  }
  for (const [cam, kind] of [["cam", "live"], ["gone", "offline"], ["new", "empty"]]) {
    await at(`/cams/${cam}/embed`, {
      [kind]: ({ page }) => page.locator(`perch-cam[data-state="${kind}"]`).waitFor(),
    });
  }
  await watching.cancel();
});

toolTest(["chromium"], "axe-core finds nothing on a private cam's pages", async () => {
  await using edge = await startEdge({ env: { PERCH_VIEW_TOKEN: VIEW_TOKEN } });
  await using camera = await SceneCamera.make();
  await camera.send(edge.url);
  camera.run(edge.url, 5);
  await using browser = await launchChromium();
  let link = "";
  await look(browser, `${edge.url}/cams/cam`, {
    "sign in": ({ page }) => page.locator("#token").waitFor(),
    "not the token": async ({ page }) => {
      await page.locator("#token").fill("not the right token");
      await page.keyboard.press("Enter");
      await page.getByText("That is not the token.").waitFor();
    },
    owner: async (viewer) => {
      await viewer.page.locator("#token").fill(VIEW_TOKEN);
      await viewer.page.keyboard.press("Enter");
      await viewer.state("live");
    },
    share: panel("sharing", "h"),
    "a link": async ({ page }) => {
      await page.locator("#make-link").click();
      await page.getByText(/^Ends /).waitFor();
      await page.getByText("Put it on your page").click();
      link = await page.locator("#link").inputValue();
    },
  });
  await look(browser, link, { guest: state("live"), share: panel("sharing", "h") });
  await look(browser, `${edge.url}/sign-in?expired=`, {
    "a link that has ended": ({ page }) => page.getByText("This link has ended").waitFor(),
  });
});
