// What the page says of its picture, in words and colour, for every state there is: a real edge and a
// real browser, and the state brought about as it comes about.

import assert from "node:assert/strict";
import { ageOf, AMBER, GREEN, GREY, IMPATIENT, pagesTogether, RED, stage } from "../page_stage.ts";
import { until } from "../wait.ts";
import { startEdge, TEST_TOKEN } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { ViewerPage } from "../viewer_page.ts";

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
  for (let tries = 0; tries < 600 && !fits(found); tries++) {
    await viewer.page.waitForTimeout(50);
    found = await said(viewer);
  }
  assert.ok(fits(found), `${kind}: ${JSON.stringify(found)}`);
}

async function report(url: string, error: string): Promise<void> {
  const answer = await fetch(`${url}/report`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
    body: JSON.stringify({ state: "failing", error }),
  });
  assert.ok(answer.ok);
}

pagesTogether("states that take their time", {
  "live, earlier, paused and reconnecting are told apart": async (browser) => {
    await using set = await stage({ PERCH_KEYFRAME_S: "1" }, browser);
    await until(
      "there is a past",
      async () => (await (await fetch(`${set.edge.url}/frames`)).json()).frames.length >= 3,
    );
    await using viewer = await ViewerPage.open(browser, set.edge.url, { colorScheme: "light" });
    const { page } = viewer;
    await says(viewer, "live", { badge: "Live", colour: GREEN, spoken: "Live", filter: "none" });
    assert.equal(await page.locator("#spoken").getAttribute("role"), "status");
    await page.locator("#timeline").waitFor();
    await page.locator("#track").press("Home");
    await says(viewer, "past", {
      badge: "Earlier",
      colour: GREY,
      words: /^\d+ s ago$/,
      spoken: /^Earlier\. \d+ s ago$/,
      filter: "none",
    });
    assert.match(
      (await page.locator("#track").getAttribute("aria-valuetext"))!,
      /^\d\d:\d\d, \d+ s ago$/,
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
    assert.deepEqual(viewer.complaints, []);
    await set.edge.stop();
    await says(viewer, "reconnecting", {
      badge: "Reconnecting",
      colour: AMBER,
      headline: "Connection lost",
      detail: /^Last picture at \d\d:\d\d:\d\d\. Trying again in \d+ s\.$/,
      spoken: /^Connection lost\. Last picture at/,
      filter: /grayscale\(0\.9\)/,
    });
  },

  "an idle camera is said to be waking until its first new picture": async (browser) => {
    // A camera by PUT whose next upload is far away: nothing tells it that somebody looks.
    await using edge = await startEdge({ env: { PERCH_IDLE_INTERVAL_S: "299" } });
    await using camera = await SceneCamera.make();
    await camera.send(edge.url);
    await until("the picture is old", async () => await ageOf(edge.url) > 2500);
    const { state } = await (await fetch(`${edge.url}/status.json`)).json();
    assert.equal(state, "idle");
    await using viewer = await ViewerPage.open(browser, edge.url, { colorScheme: "light" });
    await says(viewer, "waking", {
      badge: "Waking up",
      colour: AMBER,
      headline: "Waking the camera",
      detail: /^This picture is \d+ s old\.$/,
      spoken: /^Waking the camera\. This picture is \d+ s old\.$/,
      filter: /grayscale\(0\.5\)/,
    });
    camera.run(edge.url, 5);
    await viewer.state("live");
    assert.deepEqual(viewer.complaints, []);
  },

  "a frame of a camera that has sent nothing waits without errors, too": async (browser) => {
    await using edge = await startEdge();
    await using camera = await SceneCamera.make();
    await using viewer = await ViewerPage.open(browser, `${edge.url}/embed`);
    await viewer.page.locator('perch-cam[data-state="empty"]').waitFor();
    await viewer.page.getByText("Waiting for the first picture").waitFor();
    camera.run(edge.url, 5);
    await viewer.page.locator('perch-cam[data-state="live"]').waitFor();
    assert.deepEqual(viewer.complaints, []);
  },

  "who lost the network is told so, and not that the camera is late": async (browser) => {
    await using set = await stage({}, browser);
    await using viewer = await ViewerPage.open(browser, set.edge.url);
    await viewer.state("live");
    await viewer.page.context().setOffline(true);
    await viewer.page.locator("#headline", { hasText: "You are offline" }).waitFor();
    assert.equal(await viewer.text("#badge"), "No network");
    assert.match(await viewer.page.title(), /^No network · /);
    await viewer.page.context().setOffline(false);
    await viewer.state("live");
    assert.doesNotMatch(await viewer.page.title(), /·/);
  },

  "a picture that stops is never shown as live": async (browser) => {
    await using set = await stage(IMPATIENT, browser);
    await using viewer = await ViewerPage.open(browser, set.edge.url, { colorScheme: "light" });
    await viewer.state("live");
    await set.camera.stop();
    await says(viewer, "stale", {
      badge: "Not live",
      colour: AMBER,
      headline: /^Last picture \d+ s ago$/,
      spoken: /^Last picture \d+ s ago$/,
      filter: /grayscale\(0\.9\)/,
    });
    await report(set.edge.url, "no camera found: check the ribbon cable");
    await says(viewer, "offline", {
      badge: "Offline",
      colour: RED,
      headline: /^Offline since \d\d:\d\d$/,
      detail: "The camera reports: no camera found: check the ribbon cable",
      spoken: /^Offline since \d\d:\d\d/,
      filter: /grayscale\(0\.9\)/,
    });
    assert.deepEqual(viewer.complaints, []);
  },

  "a camera that keeps its own slow pace is called slow, and never live or lost in between": async (
    browser,
  ) => {
    await using edge = await startEdge();
    await using camera = await SceneCamera.make();
    camera.run(edge.url, 1 / 5.5);
    await until("there is a picture", async () => await ageOf(edge.url) > 0);
    await using viewer = await ViewerPage.open(browser, edge.url, { colorScheme: "light" });
    await says(viewer, "idle", {
      badge: "Slow",
      colour: AMBER,
      words: /^A picture every \d s; last \d+ s ago\.$/,
      spoken: /^Slow\. A picture every \d s/,
      filter: "none",
    });
    const states = await viewer.statesFromNow();
    const before = camera.count;
    await until("one more picture came", () => Promise.resolve(camera.count > before));
    await camera.stop();
    await viewer.state("stale");
    assert.deepEqual(
      await states(),
      ["stale"],
    );
    assert.deepEqual(viewer.complaints, []);
  },

  "a camera that has sent nothing yet has a page that says so, without errors, and goes live":
    async (browser) => {
      await using scene = await SceneCamera.make();
      for (const [path, cam] of [["/", "cam"], ["/cams/garden", "garden"]]) {
        await using edge = await startEdge();
        const camera = scene.as(cam);
        await using viewer = await ViewerPage.open(browser, edge.url + path, {
          colorScheme: "light",
        });
        await says(viewer, "empty", {
          badge: "No picture yet",
          colour: GREY,
          headline: "Waiting for the first picture",
          detail: "The camera has not sent anything yet.",
          spoken: /^Waiting for the first picture\. The camera has not/,
        });
        assert.ok(await viewer.page.locator("#snapshot").isDisabled(), "nothing to save");
        await viewer.page.waitForRequest((request) => request.method() === "HEAD");
        camera.run(edge.url, 5);
        await viewer.state("live");
        assert.ok(await viewer.page.locator("#snapshot").isEnabled());
        await camera.stop();
        assert.deepEqual(viewer.complaints, [], path);
      }
    },

  "the last picture stays after a restart, and is said to be old": async (browser) => {
    const folder = await Deno.makeTempDir();
    const env = { ...IMPATIENT, PERCH_KV_PATH: `${folder}/kv.sqlite` };
    try {
      const before = await startEdge({ env });
      await using camera = await SceneCamera.make();
      await camera.send(before.url);
      await before.stop();
      await using edge = await startEdge({ env });
      await until("the picture is old", async () => await ageOf(edge.url) > 1500);
      await using viewer = await ViewerPage.open(browser, edge.url, { colorScheme: "light" });
      await viewer.picture();
      // Which of the two depends on how long the restart took; neither can be taken for live.
      const kind = await viewer.page.locator("main").getAttribute("data-state");
      assert.match(kind!, /^(waking|stale|offline)$/);
      await says(viewer, "offline", {
        badge: "Offline",
        colour: RED,
        headline: /^Offline since \d\d:\d\d$/,
        spoken: /^Offline since/,
      });
      assert.deepEqual(viewer.complaints, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },

  "who wants to be told is told when the camera is back, once": async (browser) => {
    await using set = await stage(IMPATIENT, browser);
    await using viewer = await ViewerPage.open(browser, set.edge.url, {
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
    await viewer.state("live");
    assert.equal(await viewer.page.locator("#tell").isVisible(), false);
    const { camera } = set;
    await camera.stop();
    await viewer.page.locator("#tell").click();
    await viewer.page.getByText("You will be told").waitFor();
    const again = camera.as(camera.cam);
    again.run(set.edge.url, 10);
    await viewer.state("live");
    await again.stop();
    await viewer.state("stale");
    assert.deepEqual(await told(), ["You will be told here.", "The camera is live."]);
  },
});
