// The page of all cameras in Chromium.

import assert from "node:assert/strict";
import { SceneCamera } from "../camera.ts";
import { AMBER, GREEN, pageTests, RED, Stage } from "../page_stage.ts";
import { until } from "../wait.ts";
import type { ViewerPage } from "../viewer_page.ts";

const LIGHT = { colorScheme: "light" } as const;

/** Badge, its colour, and the words over the picture of each camera on the wall. */
async function wall(viewer: ViewerPage): Promise<Record<string, string[]>> {
  const tiles = await viewer.page.locator(".tile").evaluateAll((tiles) =>
    tiles.map((tile) => {
      const badge = tile.querySelector(".badge")!;
      const notice = tile.querySelector(".notice");
      return [
        tile.querySelector(".caption > span")!.textContent!,
        tile.getAttribute("data-state")!,
        badge.textContent!,
        getComputedStyle(badge).color,
        notice?.checkVisibility() ? notice.textContent!.replace(/\d+/, "N") : "",
      ];
    })
  );
  return Object.fromEntries(tiles.map(([cam, ...rest]) => [cam, rest]));
}

pageTests("the wall", {
  "the wall says of each camera what its own page says": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send("gone");
    await set.pass(600_000);
    await set.run("cam", "silent");
    await using viewer = await set.open("/cams", LIGHT);
    let found: Record<string, string[]> = {};
    const say = (wanted: Record<string, string>) =>
      until(JSON.stringify(wanted), async () => {
        found = await wall(viewer);
        return Object.entries(wanted).every(([cam, kind]) => found[cam]?.[0] === kind);
      });
    await say({ cam: "live", silent: "live", gone: "offline" });
    set.stop("silent");
    await set.pass(60_000);
    await say({ cam: "live", silent: "stale", gone: "offline" });
    assert.deepEqual(found.cam, ["live", "Live", GREEN, ""]);
    assert.deepEqual(found.silent, ["stale", "Not live", AMBER, "Last picture N s ago"]);
    assert.deepEqual(found.gone.slice(0, 3), ["offline", "Offline", RED]);
    assert.match(found.gone[3], /^Offline since /);
    await viewer.page.locator("#summary", { hasText: "1 of 3 live" }).waitFor();
    assert.deepEqual(viewer.complaints, []);
  },

  "without script the wall shows each camera's picture and state": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send();
    await set.pass(60_000);
    // Nobody watches yet: a camera that runs is idle, which no page with script sees, because it wakes it.
    await set.send("garden");
    await using viewer = await set.open("/cams", { ...LIGHT, javaScriptEnabled: false });
    const found = await wall(viewer);
    assert.deepEqual(found.cam, ["stale", "Not live", AMBER, "Last picture N s ago"]);
    assert.deepEqual(found.garden, ["idle", "Idle", AMBER, ""]);
    const images = viewer.page.locator(".tile img");
    assert.deepEqual(
      await images.evaluateAll((all) =>
        all.map((image) => (image as HTMLImageElement).naturalWidth)
      ),
      [320, 320],
    );
    await viewer.page.locator('.tile[href$="cams/garden"]').click();
    await viewer.page.waitForURL(`${set.url}/cams/garden`);
    assert.deepEqual(viewer.complaints, []);
  },

  "a new camera comes to the wall by itself, the first one too": async (browser) => {
    await using set = await Stage.make(browser);
    await using viewer = await set.open("/cams");
    await viewer.page.getByText("Waiting for the first camera").waitFor();
    await set.run();
    await viewer.page.locator('.tile[data-state="live"]').waitFor();
    assert.equal(await viewer.page.getByText("Waiting for the first camera").isVisible(), false);
    assert.deepEqual(viewer.complaints, []);
  },

  "twelve cameras come over one connection, and all of them move": async (browser) => {
    await using set = await Stage.make(browser);
    const cams = Array.from({ length: 12 }, (_, i) => `cam-${i + 1}`);
    await set.send(...cams);
    const roads: string[] = [];
    await using viewer = await set.open("/cams", {
      viewport: { width: 1440, height: 900 },
      before: (page) => {
        page.on("request", (request) => {
          const { pathname } = new URL(request.url());
          if (/live|stream|ws/.test(pathname)) roads.push(pathname);
        });
      },
    });
    const shown = () =>
      viewer.page.locator(".tile canvas").evaluateAll((all) =>
        (all as HTMLCanvasElement[]).map((one) => one.width === 320 && one.toDataURL())
      );
    await until("all are there", async () => (await shown()).every((one) => one));
    const before = await shown();
    assert.equal(before.length, 12);
    await set.send(...cams);
    await until("all have moved", async () => (await shown()).every((one, i) => one !== before[i]));
    await viewer.page.locator('.tile[data-state="live"]').nth(11).waitFor();
    assert.deepEqual(roads, ["/live.stream"]);
    assert.deepEqual(viewer.complaints, []);
  },

  "the wall fills the screen with tiles, and their pictures are no larger than they are": async (
    browser,
  ) => {
    await using set = await Stage.make(browser);
    const cameras = ["a", "b", "c", "d", "e"];
    const { jpegs } = await SceneCamera.make({ width: 1280, height: 720, pictures: 1 });
    for (const cam of cameras) await set.edge.put(jpegs[0], {}, `/cams/${cam}/live.jpeg`);
    const widths: (string | null)[] = [];
    await using viewer = await set.open("/cams", {
      viewport: { width: 1440, height: 900 },
      before: (page) => {
        page.on("request", (request) => {
          const { pathname, searchParams } = new URL(request.url());
          if (pathname.startsWith("/live")) widths.push(searchParams.get("w"));
        });
      },
    });
    const { page } = viewer;
    /** How many beside each other, whether all are on the screen, and how wide their pictures are. */
    const laid = () =>
      page.evaluate(() => {
        const tiles = [...document.querySelectorAll(".tile")].map((one) =>
          one.getBoundingClientRect()
        );
        const pictures = [...document.querySelectorAll<HTMLCanvasElement>(".tile canvas")];
        return [
          new Set(tiles.map(({ left }) => left)).size,
          tiles.every(({ right, bottom }) => right <= innerWidth && bottom <= innerHeight),
          pictures.map(({ width }) => width).join(),
        ];
      });
    const each = (width: number) => cameras.map(() => width).join();
    for (
      const [width, height, wanted] of [
        // Two in the last row stand in its middle.
        [1440, 900, [5, true, each(480)]],
        [820, 1180, [3, true, each(480)]],
        [390, 844, [1, true, each(320)]],
      ] as const
    ) {
      await page.setViewportSize({ width, height });
      await until(`${width} x ${height}: ${wanted.join(" ")}`, async () => {
        return JSON.stringify(await laid()) === JSON.stringify(wanted);
      });
    }
    assert.deepEqual(widths, ["480", "320"], "asked anew only where the size is another one");
    assert.match(await page.locator(".age").first().innerText(), /^\d+ s$/);
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.locator('#fullscreen[aria-pressed="true"]').click();
    await page.waitForFunction(() => document.fullscreenElement === null);
    assert.equal(await page.locator("#back").isVisible(), false, "nobody came from anywhere");
    await page.locator(".tile").first().click();
    await viewer.state("live");
    await page.getByRole("link", { name: "All cameras" }).click();
    await page.getByRole("link", { name: "Back to the camera" }).click();
    await viewer.state("live");
    assert.equal(page.url(), `${set.url}/cams/a`);
    assert.deepEqual(viewer.complaints, []);
  },
});
