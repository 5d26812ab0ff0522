// The page of all cameras in Chromium against the real edge.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { ageOf, AMBER, GREEN, IMPATIENT, RED, stage } from "../page_stage.ts";
import { until } from "../wait.ts";
import { startEdge } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";

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

toolTest(["chromium"], "the wall says of each camera what its own page says", async () => {
  await using set = await stage(IMPATIENT);
  const silent = set.camera.as("silent");
  const gone = set.camera.as("gone");
  await gone.send(set.edge.url);
  await until("one is gone", async () => await ageOf(set.edge.url, "gone") > 11_000);
  silent.run(set.edge.url, 5);
  await using viewer = await ViewerPage.open(set.browser, `${set.edge.url}/cams`, {
    colorScheme: "light",
  });
  let found: Record<string, string[]> = {};
  const say = (wanted: Record<string, string>) =>
    until(JSON.stringify(wanted), async () => {
      found = await wall(viewer);
      return Object.entries(wanted).every(([cam, kind]) => found[cam]?.[0] === kind);
    });
  await say({ cam: "live", silent: "live", gone: "offline" });
  await silent.stop();
  await say({ cam: "live", silent: "stale", gone: "offline" });
  assert.deepEqual(found.cam, ["live", "Live", GREEN, ""]);
  assert.deepEqual(found.silent, ["stale", "Not live", AMBER, "Last picture N s ago"]);
  assert.deepEqual(found.gone.slice(0, 3), ["offline", "Offline", RED]);
  assert.match(found.gone[3], /^Offline since /);
  await until(
    "the sum is told",
    async () => await viewer.text("#summary") === "1 of 3 live",
  );
  assert.deepEqual(viewer.complaints, []);
});

toolTest(
  ["chromium"],
  "without script the wall shows each camera's picture and state",
  async () => {
    await using edge = await startEdge({ env: IMPATIENT });
    await using scene = await SceneCamera.make();
    await using garden = scene.as("garden");
    await using browser = await launchChromium();
    await scene.send(edge.url);
    await until("one is silent", async () => await ageOf(edge.url) > 3500);
    // Nobody watches yet: a camera that runs is idle, which no page with script sees, because it wakes it.
    garden.run(edge.url, 5);
    await until("the other is there", async () => await ageOf(edge.url, "garden") < 500);
    await using viewer = await ViewerPage.open(browser, `${edge.url}/cams`, {
      colorScheme: "light",
      javaScriptEnabled: false,
    });
    const found = await wall(viewer);
    assert.deepEqual(found.cam, ["stale", "Not live", AMBER, "Last picture N s ago"]);
    assert.deepEqual(found.garden, ["idle", "Idle", AMBER, ""]);
    const images = viewer.page.locator(".tile img");
    assert.deepEqual(
      await images.evaluateAll((all) =>
        all.map((image) => (image as HTMLImageElement).naturalWidth)
      ),
      [640, 640],
    );
    await viewer.page.locator('.tile[href$="cams/garden"]').click();
    await viewer.page.waitForURL(`${edge.url}/cams/garden`);
    assert.deepEqual(viewer.complaints, []);
  },
);

toolTest(["chromium"], "a new camera comes to the wall by itself, the first one too", async () => {
  await using edge = await startEdge();
  await using browser = await launchChromium();
  await using viewer = await ViewerPage.open(browser, `${edge.url}/cams`);
  await viewer.page.getByText("Waiting for the first camera").waitFor();
  await using camera = await SceneCamera.make();
  camera.run(edge.url, 5);
  await viewer.page.locator('.tile[data-state="live"]').waitFor();
  assert.equal(await viewer.page.getByText("Waiting for the first camera").isVisible(), false);
  assert.deepEqual(viewer.complaints, []);
});

toolTest(
  ["chromium"],
  "twelve cameras come over one connection, and all of them move",
  async () => {
    await using edge = await startEdge();
    const scene = await SceneCamera.make({ width: 320, height: 180 });
    const cameras = Array.from({ length: 12 }, (_, i) => scene.as(`cam-${i + 1}`));
    for (const camera of cameras) {
      await camera.send(edge.url);
      camera.run(edge.url, 2);
    }
    await using browser = await launchChromium();
    const roads: string[] = [];
    await using viewer = await ViewerPage.open(browser, `${edge.url}/cams`, {
      viewport: { width: 1440, height: 900 },
      before: (page) => {
        page.on("request", (request) => {
          const { pathname } = new URL(request.url());
          if (/live|stream|ws/.test(pathname)) roads.push(pathname);
        });
        return Promise.resolve();
      },
    });
    const tiles = viewer.page.locator(".tile canvas");
    assert.equal(await tiles.count(), 12);
    for (let i = 0; i < 12; i++) {
      await viewer.page.waitForFunction((i) => {
        const canvas = document.querySelectorAll<HTMLCanvasElement>(".tile canvas")[i];
        const now = canvas.toDataURL();
        const before = canvas.dataset.before ??= now;
        return canvas.width === 320 && now !== before;
      }, i);
    }
    await viewer.page.locator('.tile[data-state="live"]').first().waitFor();
    assert.deepEqual(roads, ["/live.stream"]);
    assert.deepEqual(viewer.complaints, []);
    for (const camera of cameras) await camera.stop();
  },
);

toolTest(
  ["chromium"],
  "the wall fills the screen with tiles, and their pictures are no larger than they are",
  async () => {
    await using edge = await startEdge();
    await using scene = await SceneCamera.make({ width: 1280, height: 720, pictures: 2 });
    const cameras = ["a", "b", "c", "d", "e"].map((name) => scene.as(name));
    for (const camera of cameras) {
      await camera.send(edge.url);
      camera.run(edge.url, 2);
    }
    await using browser = await launchChromium();
    const widths: (string | null)[] = [];
    await using viewer = await ViewerPage.open(browser, `${edge.url}/cams`, {
      viewport: { width: 1440, height: 900 },
      before: (page) => {
        page.on("request", (request) => {
          const { pathname, searchParams } = new URL(request.url());
          if (pathname.startsWith("/live")) widths.push(searchParams.get("w"));
        });
        return Promise.resolve();
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
    assert.equal(page.url(), `${edge.url}/cams/a`);
    assert.deepEqual(viewer.complaints, []);
    for (const camera of cameras) await camera.stop();
  },
);
