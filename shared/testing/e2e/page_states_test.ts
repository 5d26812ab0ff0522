// What the page says of its picture, in words and colour, for every state there is: each brought about
// in a real browser as it comes about, but for the time, which passes as the test says.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { AMBER, GREEN, GREY, pageTests, RED, Stage } from "../page_stage.ts";
import { startEdge } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { until } from "../wait.ts";
import { ViewerPage } from "../viewer_page.ts";

/** In a page time stands but where the test lets it pass; a second of it lets the page begin. */
async function standing(page: Page): Promise<void> {
  const now = Date.now();
  await page.clock.install({ time: now });
  await page.clock.pauseAt(now + MINUTE);
}

const LIGHT = { colorScheme: "light" } as const;
const MINUTE = 60_000;

/** What the page says, everywhere where it says something. */
async function said(viewer: ViewerPage): Promise<Record<string, string>> {
  return await viewer.page.evaluate(() => {
    const text = (id: string) => {
      const element = document.getElementById(id)!;
      return element.checkVisibility() ? element.textContent!.trim() : "";
    };
    return {
      badge: text("badge-text"),
      colour: getComputedStyle(document.getElementById("badge")!).color,
      headline: text("headline"),
      detail: text("detail"),
      words: text("words"),
      spoken: text("spoken"),
      filter: getComputedStyle(document.getElementById("picture")!).filter,
    };
  });
}

/** Waits until it says what is wanted; every key is named, so that nothing else is said either. */
async function says(
  viewer: ViewerPage,
  kind: string,
  wanted: Readonly<Record<string, string | RegExp>>,
): Promise<void> {
  await viewer.state(kind);
  const all: Record<string, string | RegExp> = { headline: "", detail: "", words: "", ...wanted };
  const fits = (found: Record<string, string>) =>
    Object.entries(all).every(([key, value]) =>
      typeof value === "string" ? found[key] === value : value.test(found[key])
    );
  let found = await said(viewer);
  // Colours and dimming fade in; seconds count on.
  for (let tries = 0; tries < 1200 && !fits(found); tries++) {
    await viewer.page.waitForTimeout(50);
    found = await said(viewer);
  }
  assert.ok(fits(found), `${kind}: ${JSON.stringify(found)}`);
}

pageTests("states of the page", {
  "live, earlier, paused, late, offline and live again are told apart": async (browser) => {
    await using set = await Stage.make(browser);
    await set.keep(3, 180 * MINUTE);
    await set.run();
    await using viewer = await set.open("/", LIGHT);
    const { page } = viewer;
    await says(viewer, "live", { badge: "Live", colour: GREEN, spoken: "Live", filter: "none" });
    assert.equal(await page.locator("#spoken").getAttribute("role"), "status");
    await page.locator("#tell").waitFor({ state: "hidden" });
    await page.locator("#timeline").waitFor();
    await page.locator("#track").press("Home");
    await says(viewer, "past", {
      badge: "Earlier",
      colour: GREY,
      words: "6 h ago",
      spoken: "Earlier. 6 h ago",
      filter: "none",
    });
    assert.match(
      (await page.locator("#track").getAttribute("aria-valuetext"))!,
      /^(\d+ \w+, )?\d\d:\d\d, 6 h ago$/,
    );
    await page.locator("#live").click();
    await viewer.state("live");
    await page.keyboard.press(" ");
    await says(viewer, "paused", {
      badge: "Paused",
      colour: GREY,
      words: /^\d+ s ago$/,
      spoken: /^Paused\. \d+ s ago$/,
      filter: /grayscale\(0\.5\)/,
    });
    assert.equal(await viewer.text("#watching"), "", "a paused page does not know who watches");
    await page.keyboard.press(" ");
    await viewer.state("live");
    set.stop();
    await set.pass(MINUTE);
    await says(viewer, "stale", {
      badge: "Not live",
      colour: AMBER,
      headline: /^Last picture (\d\d s|\d min) ago$/,
      // What it said first: it may have found the picture old before the edge said so.
      spoken: /^Last picture (\d+ s|\d min) ago$/,
      filter: /grayscale\(0\.9\)/,
    });
    await set.report({ state: "failing", error: "no camera found: check the ribbon cable" });
    await set.pass(10 * MINUTE);
    await says(viewer, "offline", {
      badge: "Offline",
      colour: RED,
      headline: /^Offline since (\d+ \w+, )?\d\d:\d\d$/,
      detail: "The camera reports: no camera found: check the ribbon cable",
      spoken: /^Offline since .*\d\d:\d\d\. The camera reports/,
      filter: /grayscale\(0\.9\)/,
    });
    assert.deepEqual(viewer.complaints, []);
  },

  "an idle camera is said to be waking until its first new picture": async (browser) => {
    // Nothing tells it that somebody looks: its next upload is far away.
    await using set = await Stage.make(browser, { PERCH_IDLE_INTERVAL_S: "299" });
    await set.send();
    await set.pass(5000);
    await using viewer = await set.open("/", { ...LIGHT, before: standing });
    await viewer.page.clock.runFor(1000);
    await says(viewer, "waking", {
      badge: "Waking up",
      colour: AMBER,
      headline: "Waking the camera",
      detail: /^This picture is \d+ s old\.$/,
      spoken: /^Waking the camera\. This picture is \d+ s old\.$/,
      filter: /grayscale\(0\.5\)/,
    });
    await set.send();
    await viewer.state("live");
    assert.deepEqual(viewer.complaints, []);
  },

  "who lost the network is told so, and not that the camera is late": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using viewer = await set.open();
    await viewer.state("live");
    await viewer.page.context().setOffline(true);
    await viewer.page.locator("#headline", { hasText: "You are offline" }).waitFor();
    assert.equal(await viewer.text("#badge"), "No network");
    assert.match(await viewer.page.title(), /^No network · /);
    await viewer.page.context().setOffline(false);
    await viewer.state("live");
    await until("its title says nothing", async () => !/·/.test(await viewer.page.title()));
  },

  "a camera that keeps its own slow pace is called slow, and never live or lost in between": async (
    browser,
  ) => {
    await using set = await Stage.make(browser);
    await set.send();
    await using viewer = await set.open("/", { ...LIGHT, before: standing });
    await viewer.page.clock.runFor(1000);
    await viewer.picture();
    let pixels = await viewer.pixels();
    let sent = 1;
    // What passes anyway is left out here: it is no part of the camera's pace.
    const next = async () => {
      await viewer.page.clock.fastForward(10_000);
      await set.edge.clock.tick(10_000);
      await set.edge.put(set.jpegs[sent++], {}, "/cams/cam/live.jpeg");
      await until("it is shown", async () => await viewer.pixels() !== pixels);
      pixels = await viewer.pixels();
    };
    await next();
    await next();
    await says(viewer, "idle", {
      badge: "Slow",
      colour: AMBER,
      words: /^A picture every 1\d s; last \d+ s ago\.$/,
      spoken: /^Slow\. A picture every 1\d s/,
      filter: "none",
    });
    const states = await viewer.statesFromNow();
    await next();
    await set.edge.clock.tick(MINUTE);
    await viewer.state("stale");
    assert.deepEqual(await states(), ["stale"]);
    assert.deepEqual(viewer.complaints, []);
  },

  "a camera that has sent nothing yet has pages that say so, without errors, and go live": async (
    browser,
  ) => {
    await using set = await Stage.make(browser);
    await using viewer = await set.open("/cams/garden", LIGHT);
    await using front = await set.open();
    await using frame = await set.open("/embed");
    await says(viewer, "empty", {
      badge: "No picture yet",
      colour: GREY,
      headline: "Waiting for the first picture",
      detail: "The camera has not sent anything yet.",
      spoken: /^Waiting for the first picture\. The camera has not/,
    });
    await front.state("empty");
    await frame.page.getByText("Waiting for the first picture").waitFor();
    assert.ok(await viewer.page.locator("#snapshot").isDisabled(), "nothing to save");
    await viewer.page.waitForRequest((request) => request.method() === "HEAD");
    await set.run("cam", "garden");
    for (const page of [viewer, front]) await page.state("live");
    await frame.page.locator('perch-cam[data-state="live"]').waitFor();
    assert.ok(await viewer.page.locator("#snapshot").isEnabled());
    assert.deepEqual([...viewer.complaints, ...front.complaints, ...frame.complaints], []);
  },

  "the page comes back by itself when the edge has restarted": async (browser) => {
    await using camera = await SceneCamera.make();
    const edge = await startEdge();
    await camera.send(edge.url);
    camera.run(edge.url, 5);
    await using viewer = await ViewerPage.open(browser, edge.url, LIGHT);
    await viewer.state("live");
    // It has been open for long, and the edge is away for a moment: starting one may take as long.
    await viewer.page.evaluate(() => {
      const at = performance.now() + 20_000;
      performance.now = () => at;
    });
    await edge.stop();
    await says(viewer, "reconnecting", {
      badge: "Reconnecting",
      colour: AMBER,
      headline: "Connection lost",
      detail: /^Last picture at \d\d:\d\d:\d\d\. Trying again in \d+ s\.$/,
      spoken: /^Connection lost\. Last picture at/,
      filter: /grayscale\(0\.9\)/,
    });
    const states = await viewer.statesFromNow();
    const { port } = new URL(edge.url);
    await using _ = await startEdge({ env: { PORT: port } });
    // On a busy machine it may have come back by itself meanwhile.
    const hurry = viewer.page.getByRole("button", { name: "Try now" }).click({ timeout: 5000 });
    await hurry.catch(() => {});
    await viewer.state("live");
    const kinds = await states();
    assert.equal(kinds.includes("waking"), false, `no camera was asleep: ${kinds}`);
  },

  "who wants to be told is told when the camera is back, once": async (browser) => {
    await using set = await Stage.make(browser);
    // As after a restart: all that is known of it is in the store.
    await set.keep(1);
    await using viewer = await set.open("/", {
      permissions: ["notifications"],
      before: (page) =>
        page.addInitScript(() => {
          const told: string[] = [];
          Object.assign(globalThis, { told });
          globalThis.Notification = class extends Notification {
            constructor(title: string, options?: NotificationOptions) {
              super(title, options);
              told.push(options!.body!);
            }
          };
        }),
    });
    const told = () =>
      viewer.page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
    await viewer.page.locator("#tell").click();
    await viewer.page.getByText("You will be told").waitFor();
    for (let times = 0; times < 2; times++) {
      await set.run();
      await viewer.state("live");
      set.stop();
      await set.pass(MINUTE);
      await viewer.state("stale");
    }
    assert.deepEqual(await told(), ["You will be told here.", "The camera is live."]);
  },
}, { whole: true });
