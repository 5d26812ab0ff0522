// "Save the day" in Chromium: pictures of a past that the edge keeps, made into a film by the page.

import assert from "node:assert/strict";
import type { Browser, Download, Page } from "playwright-core";
import { pageTests, Stage } from "../page_stage.ts";
import { toolPath } from "../tools.ts";
import type { ViewerPage } from "../viewer_page.ts";

const PICTURES = 30;

/** An edge with a past: a picture each five minutes. */
async function filmSet(
  browser: Browser,
): Promise<Stage & { readonly versions: readonly number[] }> {
  const set = await Stage.make(browser);
  return Object.assign(set, { versions: await set.keep(PICTURES) });
}

/** The page with its past, and the panel open. */
async function openPanel(
  set: Stage,
  before?: (page: Page) => Promise<unknown>,
): Promise<ViewerPage> {
  const viewer = await set.open("/", { before });
  await viewer.page.locator("#timeline").waitFor();
  await viewer.page.locator("#film").click();
  return viewer;
}

/** What ffmpeg says of a film, every frame decoded. */
async function decoded(download: Download): Promise<{ frames: number; seconds: number }> {
  const args = ["-xerror", "-i", await download.path(), "-f", "null", "-"];
  const { stderr, success } = await new Deno.Command(toolPath("ffmpeg")!, { args }).output();
  const log = new TextDecoder().decode(stderr);
  assert.ok(success, log);
  const [, minutes, seconds] = /Duration: 00:(\d\d):([\d.]+)/.exec(log)!;
  const frames = [...log.matchAll(/frame= *(\d+)/g)].at(-1)![1];
  return { frames: Number(frames), seconds: 60 * Number(minutes) + Number(seconds) };
}

/** The corner in which the time is written, in the first frame: grey values. */
async function corner(download: Download): Promise<Uint8Array> {
  const crop = "crop=120:24:iw-140:16,format=gray";
  const frame = ["-frames:v", "1", "-f", "rawvideo", "-"];
  const args = ["-v", "error", "-i", await download.path(), "-vf", crop, ...frame];
  return (await new Deno.Command(toolPath("ffmpeg")!, { args }).output()).stdout;
}

pageTests("films of the day", {
  "the day is saved as a film that holds every picture": async (browser) => {
    await using set = await filmSet(browser);
    const corners: Uint8Array[] = [];
    for (const [type, stamped] of [["mp4", true], ["webm", false]] as const) {
      await using viewer = await openPanel(set, (page) =>
        page.addInitScript((type) => {
          const { isConfigSupported } = VideoEncoder;
          VideoEncoder.isConfigSupported = (config) =>
            /^avc/.test(config.codec) && type === "webm"
              ? Promise.resolve({ supported: false, config })
              : isConfigSupported.call(VideoEncoder, config);
        }, type));
      const { page } = viewer;
      await page.getByText(`${PICTURES} pictures from`).waitFor();
      await page.getByLabel("Show the time").setChecked(stamped);
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: "Make the film" }).click();
      const film = await download;
      assert.match(film.suggestedFilename(), new RegExp(`^cam-\\d{4}(-\\d\\d){5}\\.${type}$`));
      assert.deepEqual(await decoded(film), { frames: PICTURES, seconds: PICTURES / 12 });
      assert.match(
        await viewer.text("dialog:modal [role=status]"),
        /^3 seconds, \d\.\d MB, saved as cam-/,
      );
      await page.waitForFunction(() => document.querySelector("video")!.currentTime > 0);
      corners.push(await corner(film));
      assert.deepEqual(viewer.complaints, []);
    }
    const [one, other] = corners;
    const parts = one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;
    assert.ok(parts > 15, `${parts}`);
  },

  "a film goes without the pictures that are gone, and to the share sheet where there is one":
    async (browser) => {
      await using set = await filmSet(browser);
      await using viewer = await openPanel(set, async (page) => {
        await page.addInitScript(() => {
          Object.assign(navigator, {
            canShare: ({ files }: ShareData) => files!.length === 1,
            share: ({ files }: ShareData) => {
              Object.assign(globalThis, { shared: `${files![0].type} ${files![0].size}` });
              return Promise.resolve();
            },
          });
        });
        for (const gone of [set.versions[0], set.versions[7]]) {
          await page.route(`**/frames/${gone}.jpeg*`, (route) => route.fulfill({ status: 404 }));
        }
      });
      const { page } = viewer;
      await page.getByRole("button", { name: "Make the film" }).click();
      await page.getByText("2 pictures were gone meanwhile").waitFor();
      await page.locator("dialog:modal").getByRole("button", { name: "Share" }).click();
      await page.waitForFunction(() =>
        /^video\/(mp4|webm) \d{4,}$/.test((globalThis as { shared?: string }).shared ?? "")
      );
      // A phone on its side has room for the film and what to do with it.
      await page.setViewportSize({ width: 844, height: 390 });
      const link = page.getByRole("link", { name: "Download" });
      const [panel, button] = [
        (await page.locator("dialog:modal").boundingBox())!,
        (await link.boundingBox())!,
      ];
      assert.ok(button.y + button.height <= panel.y + panel.height, `${button.y}, ${panel.height}`);
      const download = page.waitForEvent("download");
      await link.click();
      const { frames, seconds } = await decoded(await download);
      assert.deepEqual([frames, Math.round(12 * seconds)], [PICTURES - 2, PICTURES - 2]);
    },

  "a film is cancelled in the middle, and made from the start afterwards": async (browser) => {
    await using set = await filmSet(browser);
    const held = Promise.withResolvers<void>();
    let asked = 0;
    await using viewer = await openPanel(
      set,
      (page) =>
        page.route("**/frames/*.jpeg*", async (route) => {
          if (++asked > PICTURES / 2) {
            await held.promise;
          }
          await route.continue().catch(() => {});
        }),
    );
    const { page } = viewer;
    await page.getByRole("button", { name: "Make the film" }).click();
    await page.getByText(`Picture ${PICTURES / 2} of ${PICTURES}`).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("dialog:modal").waitFor({ state: "detached" });
    held.resolve();
    await page.locator("#film").click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Make the film" }).click();
    await download;
    await page.getByText("3 seconds").waitFor();
    // What was under way when it was cancelled may be told of late.
    assert.ok(asked < 2 * PICTURES, `${asked} asked for: nothing more is loaded for the first one`);
    assert.deepEqual(viewer.complaints, []);
  },

  "a film that cannot be made says why, and leads to the AVI": async (browser) => {
    await using set = await filmSet(browser);
    await using viewer = await openPanel(
      set,
      (page) => page.route("**/frames/*.jpeg*", (route) => route.abort()),
    );
    const { page } = viewer;
    await page.getByRole("button", { name: "Make the film" }).click();
    await page.getByText("The film could not be made: a picture did not come.").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download an AVI" }).click();
    assert.match((await download).suggestedFilename(), /\.avi$/);
    await page.unroute("**/frames/*.jpeg*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Make the film" }).click();
    await page.getByText("3 seconds").waitFor();
  },

  "where the browser encodes no video, or the script does not come, the day is an AVI": async (
    browser,
  ) => {
    await using set = await filmSet(browser);
    for (
      const before of [
        (page: Page) =>
          page.addInitScript(() => Reflect.deleteProperty(globalThis, "VideoEncoder")),
        (page: Page) => page.route("**/assets/film-*", (route) => route.abort()),
      ]
    ) {
      await using viewer = await set.open("/", { before });
      await viewer.page.locator("#timeline").waitFor();
      const download = viewer.page.waitForEvent("download");
      await viewer.page.locator("#film").click();
      assert.match((await download).suggestedFilename(), /^cam-\d{4}-\d\d-\d\d\.avi$/);
    }
  },
}, { tools: ["ffmpeg"] });
