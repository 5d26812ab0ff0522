// axe-core finds nothing on any page, in any state, in the light and in the dark.

import assert from "node:assert/strict";
import { pageTests, Stage, VIEW_TOKEN } from "../page_stage.ts";
import type { ViewerPage } from "../viewer_page.ts";

/** Brings a page into a state that is to be looked at. */
type Step = (viewer: ViewerPage) => Promise<unknown>;

/** Looks at a page after each of the steps. */
async function look(
  set: Stage,
  path: string,
  steps: Readonly<Record<string, Step>>,
): Promise<void> {
  await using viewer = await set.open(path, {
    viewport: { width: 320, height: 568 },
    reducedMotion: "reduce",
  });
  for (const [name, step] of Object.entries(steps)) {
    await step(viewer);
    // The dark differs in colours alone.
    for (const [colorScheme, runOnly] of [["dark", ["color-contrast"]], ["light"]] as const) {
      await viewer.page.emulateMedia({ colorScheme });
      const found = await viewer.findings(runOnly as string[] | undefined);
      assert.deepEqual(found, [], `${path}, ${name}, ${colorScheme}`);
    }
    const wide = await viewer.page.evaluate(() =>
      document.documentElement.scrollWidth - innerWidth
    );
    assert.ok(wide <= 0, `${path}, ${name}: ${wide} px wider than the screen`);
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

pageTests("axe-core finds nothing", {
  "on a public cam's pages": async (browser) => {
    await using set = await Stage.make(browser);
    const at = (path: string, steps: Readonly<Record<string, Step>>) => look(set, path, steps);
    await set.keep(3);
    await set.send("gone");
    await set.pass(600_000);
    // Again and again: what is a minute old is lost before all is looked at.
    const late = async () => {
      await set.send("late");
      await set.pass(60_000);
    };
    await late();
    await set.report({ state: "failing", error: "no camera was found", name: "Küche" }, "new");
    await set.run();
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
    await late();
    await at("/cams/late", { stale: state("stale") });
    await at("/cams/gone", {
      offline: state("offline"),
      "no network": async (viewer) => {
        await viewer.page.context().setOffline(true);
        await viewer.state("reconnecting");
      },
    });
    for (const path of ["/cams", "/cams/nosuch"]) {
      await late();
      await at(path, {
        all: async ({ page }) => {
          for (const kind of ["live", "stale", "offline", "empty"]) {
            await page.locator(`.tile[data-state="${kind}"]`).waitFor();
          }
        },
      });
    }
    for (
      const [cam, kind] of [["cam", "live"], ["late", "stale"], ["gone", "offline"], [
        "new",
        "empty",
      ]]
    ) {
      await late();
      await at(`/cams/${cam}/embed`, {
        [kind]: ({ page }) => page.locator(`perch-cam[data-state="${kind}"]`).waitFor(),
      });
    }
  },

  "on a private cam's pages": async (browser) => {
    await using set = await Stage.make(browser, { PERCH_VIEW_TOKEN: VIEW_TOKEN });
    await set.run();
    let link = "";
    await look(set, "/cams/cam", {
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
    await look(set, link.slice(set.url.length), {
      guest: state("live"),
      share: panel("sharing", "h"),
    });
    await look(set, "/sign-in?expired=", {
      "a link that has ended": ({ page }) => page.getByText("This link has ended").waitFor(),
    });
  },
});
