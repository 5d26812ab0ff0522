// The viewer page in Chromium.

import assert from "node:assert/strict";
import { NumberedCamera } from "../camera.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { loadSharp } from "../jpegs.ts";
import { pageTests, Stage } from "../page_stage.ts";
import { startEdge } from "../processes.ts";
import { until } from "../wait.ts";
import { ViewerPage } from "../viewer_page.ts";

/** Lies on its side: 64 across and 48 down, red where its top is when it is turned upright. */
async function turned(): Promise<Uint8Array<ArrayBuffer>> {
  const sharp = await loadSharp();
  const blue = { width: 64, height: 48, channels: 3, background: "blue" } as const;
  const red = { width: 16, height: 48, channels: 3, background: "red" } as const;
  const left = { input: await sharp({ create: red }).png().toBuffer(), left: 0, top: 0 };
  const picture = sharp({ create: blue }).composite([left]).withMetadata({ orientation: 6 });
  return new Uint8Array(await picture.jpeg({ chromaSubsampling: "4:4:4" }).toBuffer());
}

/** What a browser lacks, and what it then decodes with. */
const BROWSERS: Readonly<Record<string, readonly string[]>> = {
  "ImageDecoder": [],
  "createImageBitmap": ["ImageDecoder"],
  "an image element": ["ImageDecoder", "createImageBitmap"],
};

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

pageTests("the viewer page", {
  "the first picture waits for no time, and for nothing but the page's own files and the stream":
    async (
      browser,
    ) => {
      await using set = await Stage.make(browser);
      await set.run();
      const asked: string[] = [];
      await using viewer = await set.open("/", {
        before: async (page) => {
          page.on("request", (request) => asked.push(new URL(request.url()).pathname));
          await page.addInitScript(() => {
            const { setTimeout } = globalThis;
            const never = (act: () => void, ms = 0) => ms > 100 ? 0 : setTimeout(act, ms);
            Object.assign(globalThis, { setTimeout: never, setInterval: () => 0 });
          });
        },
      });
      await viewer.picture();
      const others = asked.filter((path) => path !== "/" && !path.startsWith("/assets/"));
      assert.equal(others[0], "/live.stream", asked.join(" "));
      assert.deepEqual(viewer.complaints, []);
    },

  "a live picture says so, moves, and tells when it was taken": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using viewer = await set.open();
    await viewer.state("live");
    // Where the machine is busy it is not live for a moment.
    await until("it says so", async () => await viewer.text("#badge") === "Live");
    await viewer.page.locator("#notice").waitFor({ state: "hidden" });
    await viewer.moves();
    assert.match(await viewer.text("#when"), /^\d\d:\d\d:\d\d$/);
    assert.match(await viewer.text("#date"), /^\w{3},? \d+ \w{3,4}$/);
    await viewer.page.keyboard.press("i");
    assert.match(await viewer.text("#facts"), /Age when shown\s+\d+\.\d\d s/);
    // A hidden tab is no viewer.
    await set.watched(1);
    await viewer.hide(true);
    await set.watched(0);
    await viewer.hide(false);
    await viewer.state("live");
    await set.watched(1);
    assert.deepEqual(viewer.complaints, []);
  },

  "buttons and keys do what they say": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using viewer = await set.open("/", { viewport: { width: 1440, height: 900 } });
    const { page } = viewer;
    await viewer.state("live");
    const download = page.waitForEvent("download");
    await page.keyboard.press("s");
    assert.match((await download).suggestedFilename(), /^cam-\d{4}(-\d\d){5}\.jpg$/);
    await page.keyboard.press("z");
    const filled = await page.locator("#frame").boundingBox();
    const stageBox = await page.locator("#stage").boundingBox();
    assert.deepEqual([filled?.width, filled?.height], [stageBox?.width, stageBox?.height]);
    const scale = () =>
      page.locator("#picture").evaluate((it) => new DOMMatrix(getComputedStyle(it).transform).a);
    const whole = await scale();
    await page.keyboard.press("+");
    assert.ok(Math.abs(await scale() / whole - 1.5) < 0.01);
    assert.match(await viewer.text("#whole"), /^1\.\d ×$/);
    await page.keyboard.press("0");
    assert.equal(await scale(), whole);
    await page.keyboard.press("?");
    await page.locator("#keys").getByText("Fit or fill").waitFor();
    assert.match(await viewer.text("#all-keys"), /space\s+Pause or play/);
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.locator("main.over.quiet").waitFor();
    await until("the controls fade", async () => !await page.locator("#pause").isVisible());
    await page.mouse.move(300, 300);
    await page.locator("main.over:not(.quiet)").waitFor();
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement === null);
    await page.keyboard.press(" ");
    await viewer.state("paused");
    await set.watched(0);
    await page.keyboard.press(" ");
    await viewer.state("live");
    await page.keyboard.press("h");
    assert.equal(await page.locator("#link").inputValue(), `${set.url}/`);
    assert.equal(await page.locator("#send").isVisible(), false, "Chromium for Linux has none");
    await page.keyboard.press("Escape");
    assert.deepEqual(viewer.complaints, []);
  },

  "over PERCH_MAX_VIEWERS the page asks without waiting, and stays live": async (browser) => {
    await using set = await Stage.make(browser, { PERCH_MAX_VIEWERS: "1" });
    await set.send();
    const leave = new AbortController();
    const { signal } = leave;
    // Kept: an answer that nobody holds is collected, and its connection ends.
    const watching = await fetch(`${set.url}/stream.mjpeg`, { signal });
    // No newer frame comes, so every place to wait in stays taken: four for each viewer allowed.
    const still = await fetch(`${set.url}/live.jpeg`);
    await still.body?.cancel();
    const headers = { "if-none-match": still.headers.get("etag")! };
    const waits = Array.from({ length: 4 }, async () => {
      const answer = await fetch(`${set.url}/live.jpeg?wait=30`, { headers, signal });
      await answer.body?.cancel();
    });
    await until("all places to wait in are taken", async () => {
      const metrics = await (await fetch(`${set.url}/metrics`)).text();
      return metrics.includes("\nperch_requests_waiting 4\n");
    });
    const asked: { waits: boolean; status: number }[] = [];
    await using viewer = await set.open("/", {
      before: (page) => {
        page.on("response", (response) => {
          const { pathname, searchParams } = new URL(response.url());
          if (pathname !== "/live") return;
          asked.push({ waits: searchParams.has("wait"), status: response.status() });
        });
      },
    });
    const refused = () => asked.findIndex(({ status }) => status === 503);
    await until("the page is refused and asks on", () => {
      return refused() >= 0 && asked.length > refused() + 2;
    });
    assert.deepEqual(asked.slice(refused() + 1).filter(({ waits }) => waits), []);
    await set.run();
    await viewer.moves();
    await viewer.state("live");
    leave.abort();
    await Promise.allSettled([...waits, watching.body?.cancel()]);
  },

  "where somebody holds the stream back the page is live by requests": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using viewer = await set.open("/", {
      before: (page) => page.route("**/live.stream?*", () => {}),
    });
    await viewer.state("live");
    await viewer.page.keyboard.press("i");
    await viewer.page.locator("#facts", { hasText: /Connection\s*requests/ }).waitFor();
    await viewer.moves();
    assert.deepEqual(viewer.complaints, []);
  },

  "without script the page shows the stream": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using viewer = await set.open("/", { javaScriptEnabled: false });
    await set.watched(1);
    const image = viewer.page.locator("noscript img, img.picture");
    await until("the picture has a size", async () => (await image.boundingBox())?.width === 390);
    assert.deepEqual(
      await image.boundingBox(),
      await viewer.page.locator("#frame").boundingBox(),
      "the picture is where nothing hides it",
    );
    assert.equal(await viewer.page.locator(".controls").isVisible(), false, "buttons without use");
  },

  "the past can be scrubbed, played and left": async (browser) => {
    await using set = await Stage.make(browser);
    await set.keep(5);
    await set.run();
    await using viewer = await set.open();
    const { page } = viewer;
    await viewer.state("live");
    await page.locator("#timeline").waitFor();
    const track = (await page.locator("#track").boundingBox())!;
    await page.mouse.move(track.x + track.width * 0.4, track.y + 20);
    await page.locator("#preview").waitFor();
    await page.waitForFunction(() =>
      document.querySelector<HTMLCanvasElement>("#preview-picture")!.width === 160
    );
    await page.mouse.down();
    await page.mouse.up();
    await viewer.state("past");
    assert.equal(await viewer.text("#badge"), "Earlier");
    await set.watched(0);
    await page.locator("#track").press("Home");
    const oldest = await viewer.pixels();
    await page.locator("#play").click();
    await until("it plays", async () => await viewer.pixels() !== oldest);
    await viewer.state("live");
    await page.locator("#track").blur();
    await page.keyboard.press("ArrowLeft");
    await viewer.state("past");
    await page.keyboard.press("ArrowRight");
    await viewer.state("live");
    // Space halts the film, and nothing that is not seen.
    await until("a film is halted before its end", async () => {
      await viewer.state("live");
      await page.keyboard.press("t");
      await viewer.state("past");
      await page.keyboard.press(" ");
      const halted = page.locator('#pause[aria-pressed="true"]');
      await halted.or(page.locator('main[data-state="live"]')).first().waitFor();
      return await halted.isVisible();
    });
    await viewer.state("past");
    await page.locator("#live").click();
    await viewer.state("live");
    assert.deepEqual(viewer.complaints, []);
  },

  "a picture looks the same by each of the browser's decoders": async (browser) => {
    await using set = await Stage.make(browser);
    assert.equal((await set.edge.put(await turned())).status, 204);
    for (const [decoder, lacking] of Object.entries(BROWSERS)) {
      await using viewer = await set.open("/", {
        before: (page) =>
          page.addInitScript((names) => {
            for (const name of names) Reflect.deleteProperty(globalThis, name);
          }, lacking),
      });
      await viewer.picture();
      const seen = await viewer.page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>("#picture")!;
        const context = canvas.getContext("2d")!;
        const colour = (x: number, y: number) => {
          const [red, , blue] = context.getImageData(x, y, 1, 1).data;
          return red > 200 && blue < 60
            ? "red"
            : blue > 200 && red < 60
            ? "blue"
            : `${red} ${blue}`;
        };
        const { width, height } = canvas;
        return { width, height, top: colour(24, 4), bottom: colour(24, 60) };
      });
      assert.deepEqual(seen, { width: 48, height: 64, top: "red", bottom: "blue" }, decoder);
      assert.deepEqual(viewer.complaints, [], decoder);
    }
  },

  "the page leaves the stream where it is late, and comes back": async (browser) => {
    await using edge = await startEdge({ env: { PERCH_STRIP_METADATA: "false" } });
    const camera = await NumberedCamera.make();
    await camera.send(edge.url);
    const stop = new AbortController();
    const filming = camera.run(edge.url, 10, stop.signal);
    await using line = new FaultProxy(Number(new URL(edge.url).port));
    await using viewer = await ViewerPage.open(browser, line.url, {
      before: (page) => page.clock.install(),
    });
    await viewer.state("live");
    await viewer.page.keyboard.press("i");
    /** Whether it has the stream, or has it a minute later. */
    const streams = async () => {
      if (await road(viewer) === "stream") return true;
      // A jump in the middle of a transfer makes that one look slow: then another minute has to pass.
      await viewer.page.clock.fastForward(60_000);
      await viewer.page.waitForTimeout(1000);
      return await road(viewer) === "stream";
    };
    // A busy machine looks like a slow line for a while.
    await until("a fast line has the stream", streams);
    const fast = await ages(viewer, 10);
    line.set(SLOW);
    await until("a slow line has requests", async () => await road(viewer) === "requests");
    // By the stream it would be 14 s. A picture takes 0.6 s on this line, and a busy machine has its moments.
    await until(
      "the p95 of ages is 2 s",
      async () => (await ages(viewer, 25))[23] < 2 + 5 * fast[8],
    );
    line.set({ kind: "none" });
    await viewer.page.waitForTimeout(2000);
    assert.equal(await road(viewer), "requests", "it is fast, but for how long?");
    await until("a line that stays fast has the stream", streams);
    // Of a clock that is minutes ahead the edge hears as of a day to come.
    assert.deepEqual(viewer.complaints.filter((one) => !one.includes("422")), []);
    stop.abort();
    await filming;
  },
});
