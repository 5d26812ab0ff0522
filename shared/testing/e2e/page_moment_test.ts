// A moment of the past is a link: the address follows what is shown and opens there again, and the share
// panel gives others what they can open.

import assert from "node:assert/strict";
import { renderSVG } from "uqr";
import { systemClock } from "../../clock.ts";
import type { Browser } from "playwright-core";
import { pagesTogether, type Stage, stage } from "../page_stage.ts";
import { startEdge } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { until } from "../wait.ts";
import { ViewerPage } from "../viewer_page.ts";

const VIEW_TOKEN = "a-view-token-for-tests";

/** A stage with so many pictures of the past. */
async function past(count: number, browser: Browser): Promise<Stage> {
  const set = await stage({ PERCH_KEYFRAME_S: "1" }, browser);
  await until("there is a past", async () => {
    // Who asks for the past too often is told to wait, and so would be the page.
    await systemClock.sleep(500);
    return (await (await fetch(`${set.edge.url}/frames`)).json()).frames.length >= count;
  });
  return set;
}

/** Notes how often the page changes its address, and what is given to the device's share sheet. */
async function watched(page: ViewerPage["page"], takesFiles = true): Promise<void> {
  await page.addInitScript((takesFiles) => {
    const noted = { changes: 0, shared: [] as ShareData[] };
    Object.assign(globalThis, { noted });
    const replace = history.replaceState;
    history.replaceState = function (...args) {
      noted.changes++;
      return replace.apply(this, args);
    };
    navigator.share = (data) => Promise.resolve(void noted.shared.push(data!));
    navigator.canShare = (data) => takesFiles && data?.files !== undefined;
  }, takesFiles);
}

interface Noted {
  readonly noted: { readonly changes: number; readonly shared: readonly ShareData[] };
}

pagesTogether("moments of the past", {
  "the address follows the past, opens there, and forgets it live": async (browser) => {
    await using set = await past(6, browser);
    await using viewer = await ViewerPage.open(browser, set.edge.url, { before: watched });
    const { page } = viewer;
    const search = () => new URL(page.url()).search;
    await viewer.state("live");
    await page.locator("#timeline").waitFor();
    // All in one turn: on a busy machine five presses take as long as five looks.
    await page.evaluate(() => {
      for (let i = 0; i < 5; i++) {
        document.body.dispatchEvent(
          new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }),
        );
      }
    });
    await page.waitForURL(/\?at=\d+$/);
    const version = Number(search().slice("?at=".length));
    const kept = await fetch(`${set.edge.url}/frames/${version}.jpeg`, { method: "HEAD" });
    assert.equal(kept.status, 200);
    const changes = () => page.evaluate(() => (globalThis as unknown as Noted).noted.changes);
    assert.equal(await changes(), 1, "not one for each picture that is passed");
    const [pixels, when] = [await viewer.pixels(), await viewer.text("#when")];

    const asked: string[] = [];
    await using again = await ViewerPage.open(browser, page.url(), {
      before: (page) => {
        page.on("request", (request) => asked.push(new URL(request.url()).pathname));
        return Promise.resolve();
      },
    });
    await again.state("past");
    await again.picture();
    assert.equal(await again.pixels(), pixels);
    assert.equal(await again.text("#when"), when);
    await again.page.locator("#timeline").waitFor();
    assert.deepEqual(
      asked.filter((path) => path.startsWith("/live")),
      [],
      "who looks at it is no viewer",
    );
    assert.match(again.page.url(), /\?at=/);
    await again.page.locator("#live").click();
    await again.state("live");
    await again.page.waitForURL((url) => url.search === "");

    // A film names no picture: it would be another one twelve times a second.
    await page.keyboard.press("Home");
    await page.keyboard.press(" ");
    await viewer.state("live");
    await page.waitForURL((url) => url.search === "");
    assert.ok(await changes() <= 3, `${await changes()} changes`);
    assert.deepEqual([...viewer.complaints, ...again.complaints], []);
  },

  "a link to what is kept no more is live, and says so once": async (browser) => {
    await using set = await past(2, browser);
    await using viewer = await ViewerPage.open(browser, `${set.edge.url}/cams/cam?at=1000`);
    await viewer.state("live");
    assert.equal(await viewer.text("#words"), "The picture of that moment is kept no more.");
    await viewer.page.waitForURL(`${set.edge.url}/cams/cam`);
    await viewer.page.keyboard.press(" ");
    await viewer.state("paused");
    await viewer.page.keyboard.press(" ");
    await viewer.state("live");
    assert.equal(await viewer.text("#words"), "");
    assert.deepEqual(viewer.complaints, []);
  },

  "what is shared is what is shown: picture and link": async (browser) => {
    await using set = await past(4, browser);
    await using viewer = await ViewerPage.open(browser, `${set.edge.url}/cams/cam`, {
      before: watched,
    });
    const { page } = viewer;
    await viewer.state("live");
    await page.locator("#timeline").waitFor();
    await page.locator("#track").press("Home");
    await page.waitForURL(/\?at=\d+$/);
    await page.locator("#share").click();
    assert.equal(await page.locator("#link").inputValue(), page.url());
    assert.match(await viewer.text("#link-note"), /^Opens with this picture of \d\d:\d\d\.$/);
    await page.getByRole("button", { name: "Send picture and link" }).click();
    const sent = await page.evaluate(async () => {
      const [{ files, url, title }] = (globalThis as unknown as Noted).noted.shared;
      const [file] = files!;
      return { url, title, name: file.name, type: file.type, bytes: [...await file.bytes()] };
    });
    const version = new URL(page.url()).searchParams.get("at");
    const kept = await fetch(`${set.edge.url}/cams/cam/frames/${version}.jpeg?w=480`);
    assert.deepEqual(sent.bytes, [...await kept.bytes()]);
    assert.deepEqual([sent.url, sent.type], [page.url(), "image/jpeg"]);
    assert.match(sent.name, /^cam-\d{4}(-\d\d){5}\.jpg$/);
    assert.equal(sent.title, "Perch");
    await page.keyboard.press("Escape");
    await page.locator("#live").click();
    await viewer.state("live");
    await page.locator("#share").click();
    assert.equal(await page.locator("#link").inputValue(), `${set.edge.url}/cams/cam`);
    await page.getByText("QR code").click();
    const code = page.getByRole("img", { name: "QR code of the link" });
    await until("there is a code", async () => {
      return await code.evaluate((it) => (it as HTMLImageElement).naturalWidth) > 0;
    });
    const [, svg] = (await code.getAttribute("src"))!.split(",");
    assert.equal(decodeURIComponent(svg), renderSVG(`${set.edge.url}/cams/cam`, { border: 3 }));
    assert.deepEqual(viewer.complaints, []);
  },

  "of a private cam only links that open it for others are given": async (browser) => {
    await using edge = await startEdge({ env: { PERCH_VIEW_TOKEN: VIEW_TOKEN } });
    await using camera = await SceneCamera.make();
    await camera.send(edge.url);
    camera.run(edge.url, 5);
    await using owner = await ViewerPage.open(browser, `${edge.url}/cams/cam`);
    const { page } = owner;
    await page.locator("#token").fill(VIEW_TOKEN);
    await page.keyboard.press("Enter");
    await owner.state("live");
    await page.locator("#share").click();
    await page.getByText("Asks others for the view token.").waitFor();
    assert.equal(await page.locator("#snippets").isVisible(), false, "they would show nothing");
    await page.locator("#make-link").click();
    await page.getByText("Put it on your page").click();
    await page.getByText(/^Shows the picture until .*, when the link ends\.$/).waitFor();
    const link = await page.locator("#link").inputValue();
    const frame = await page.locator("#snippet-frame").inputValue();
    assert.match(
      frame,
      /^<iframe src="[^"]*\?share=[^"]+" title="Perch" style="border:0;width:100%;aspect-ratio:480\/270"/,
    );
    assert.ok(frame.includes(new URL(link).search));

    for (const takesFiles of [true, false]) {
      await using guest = await ViewerPage.open(browser, link, {
        before: (page) => watched(page, takesFiles),
      });
      await guest.state("live");
      await guest.page.waitForURL(`${edge.url}/cams/cam`);
      await guest.page.locator("#share").click();
      await guest.page.getByText("only its owner makes links to it").waitFor();
      assert.equal(await guest.page.locator("#sharing").getByText("http").count(), 0);
      for (const id of ["link", "snippets", "make-link"]) {
        assert.equal(await guest.page.locator(`#${id}`).isVisible(), false, id);
      }
      const send = guest.page.locator("#send");
      assert.equal(await send.isVisible(), takesFiles);
      if (takesFiles) {
        await send.click();
        const names = await guest.page.evaluate(() =>
          Object.keys((globalThis as unknown as Noted).noted.shared[0])
        );
        assert.deepEqual(names, ["files"], "the picture alone");
      }
      assert.deepEqual(guest.complaints, []);
    }
  },
});
