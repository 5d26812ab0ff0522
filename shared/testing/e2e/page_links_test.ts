// Links: the address follows the past and opens there again, the share panel gives others what they can
// open, and a private cam asks for its token, or for a link that ends.

import assert from "node:assert/strict";
import { renderSVG } from "uqr";
import { pageTests, Stage, VIEW_TOKEN } from "../page_stage.ts";
import { until } from "../wait.ts";
import { ViewerPage } from "../viewer_page.ts";

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

pageTests("links to a cam and its moments", {
  "the address follows the past, opens there, and forgets it live": async (browser) => {
    await using set = await Stage.make(browser);
    await set.keep(6);
    await set.run();
    await using viewer = await set.open("/", { before: watched });
    const { page } = viewer;
    const search = () => new URL(page.url()).search;
    await viewer.state("live");
    await page.locator("#timeline").waitFor();
    // All in one turn: on a busy machine five presses take as long as five looks.
    await page.evaluate(() => {
      const press = () => new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true });
      for (let i = 0; i < 5; i++) document.body.dispatchEvent(press());
    });
    await page.waitForURL(/\?at=\d+$/);
    // The address says what is wanted; the picture of that may still be on its way.
    await viewer.state("past");
    const version = Number(search().slice("?at=".length));
    const kept = await fetch(`${set.url}/frames/${version}.jpeg`, { method: "HEAD" });
    assert.equal(kept.status, 200);
    const changes = () => page.evaluate(() => (globalThis as unknown as Noted).noted.changes);
    assert.equal(await changes(), 1, "not one for each picture that is passed");
    const [pixels, when] = [await viewer.pixels(), await viewer.text("#when")];

    const asked: string[] = [];
    await using again = await ViewerPage.open(browser, page.url(), {
      before: (page) => {
        page.on("request", (request) => asked.push(new URL(request.url()).pathname));
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
    await using set = await Stage.make(browser);
    await set.keep(2);
    await set.run();
    await using viewer = await set.open("/cams/cam?at=1000");
    await viewer.state("live");
    await until("it says so", async () => {
      return await viewer.text("#words") === "The picture of that moment is kept no more.";
    });
    await viewer.page.waitForURL(`${set.url}/cams/cam`);
    await viewer.page.keyboard.press(" ");
    await viewer.state("paused");
    await viewer.page.keyboard.press(" ");
    await viewer.state("live");
    assert.equal(await viewer.text("#words"), "");
    assert.deepEqual(viewer.complaints, []);
  },

  "what is shared is what is shown: picture and link": async (browser) => {
    await using set = await Stage.make(browser);
    await set.keep(4);
    await set.run();
    await using viewer = await set.open("/cams/cam", { before: watched });
    const { page } = viewer;
    await viewer.state("live");
    await page.locator("#timeline").waitFor();
    await page.locator("#track").press("Home");
    await page.waitForURL(/\?at=\d+$/);
    await viewer.state("past");
    await page.locator("#share").click();
    assert.equal(await page.locator("#link").inputValue(), page.url());
    assert.match(await viewer.text("#link-note"), /^Opens with this picture of .*\d\d:\d\d\.$/);
    await page.getByRole("button", { name: "Send picture and link" }).click();
    const sent = await page.evaluate(async () => {
      const [{ files, url, title }] = (globalThis as unknown as Noted).noted.shared;
      const [file] = files!;
      return { url, title, name: file.name, type: file.type, bytes: [...await file.bytes()] };
    });
    const version = new URL(page.url()).searchParams.get("at");
    const kept = await fetch(`${set.url}/cams/cam/frames/${version}.jpeg`);
    assert.deepEqual(sent.bytes, [...await kept.bytes()]);
    assert.deepEqual([sent.url, sent.type], [page.url(), "image/jpeg"]);
    assert.match(sent.name, /^cam-\d{4}(-\d\d){5}\.jpg$/);
    assert.equal(sent.title, "Perch");
    await page.keyboard.press("Escape");
    await page.locator("#live").click();
    await viewer.state("live");
    await page.locator("#share").click();
    assert.equal(await page.locator("#link").inputValue(), `${set.url}/cams/cam`);
    await page.getByText("QR code").click();
    const code = page.getByRole("img", { name: "QR code of the link" });
    await until("there is a code", async () => {
      return await code.evaluate((it) => (it as HTMLImageElement).naturalWidth) > 0;
    });
    const [, svg] = (await code.getAttribute("src"))!.split(",");
    assert.equal(decodeURIComponent(svg), renderSVG(`${set.url}/cams/cam`, { border: 3 }));
    assert.deepEqual(viewer.complaints, []);
  },

  "a private cam asks for its token, and gives others only links that open it for them": async (
    browser,
  ) => {
    await using set = await Stage.make(browser, { PERCH_VIEW_TOKEN: VIEW_TOKEN });
    await set.run();
    // A proxy calls the edge by another name than people do.
    await using proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(set.url + pathname + search, request), { redirect: "manual" });
    });
    const url = `http://localhost:${proxy.addr.port}/cams/cam`;
    await using owner = await ViewerPage.open(browser, url);
    const { page } = owner;
    await page.locator("#token").fill("not the right token");
    await page.keyboard.press("Enter");
    await page.getByText("That is not the token.").waitFor();
    assert.equal(owner.complaints.splice(0).length, 1, "the console names the 401");
    await page.locator("#token").fill(VIEW_TOKEN);
    await page.keyboard.press("Enter");
    await owner.state("live");
    assert.equal(page.url(), url);
    await page.locator("#share").click();
    await page.getByText("Asks others for the view token.").waitFor();
    assert.equal(await page.locator("#snippets").isVisible(), false, "they would show nothing");
    await page.locator("#make-link").click();
    await page.getByText(/^Ends .* Shows this camera only\.$/).waitFor();
    await page.getByText("Put it on your page").click();
    await page.getByText(/^Shows the picture until .*, when the link ends\.$/).waitFor();
    const link = await page.locator("#link").inputValue();
    assert.ok(link.startsWith(`${url}?share=`), link);
    assert.equal(
      await page.locator("#snippet-frame").inputValue(),
      `<iframe src="${url}/embed${new URL(link).search}" title="Perch" ` +
        `style="border:0;width:100%;aspect-ratio:320/180" allow="fullscreen"></iframe>`,
    );
    assert.equal((await fetch(`${set.url}/stream.mjpeg`)).status, 401);

    for (const takesFiles of [true, false]) {
      await using guest = await ViewerPage.open(browser, link, {
        before: (page) => watched(page, takesFiles),
      });
      await guest.state("live");
      // The address bar keeps no pass.
      await guest.page.waitForURL(url);
      assert.equal(await guest.text("#watching"), "");
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
    assert.deepEqual(owner.complaints, []);
    await page.keyboard.press("Escape");
    await page.context().clearCookies();
    await page.reload();
    await page.locator("#token").waitFor();
  },
});
