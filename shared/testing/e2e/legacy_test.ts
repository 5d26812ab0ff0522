// The older Flask cam's camera script and test page against this edge.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { loadSharp, picture } from "../jpegs.ts";
import { startEdge, TEST_TOKEN } from "../processes.ts";
import { toolTest } from "../tools.ts";

const LEGACY = { PERCH_LEGACY_UPLOAD: "true" };

/** Sends a picture as that camera script does, which says nothing of what it sends. */
function post(url: string, jpeg: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`${url}/?password=${TEST_TOKEN}`, { method: "POST", body: jpeg });
}

Deno.test("the older camera script's request is taken as it is, frame after frame", async () => {
  await using edge = await startEdge({ env: LEGACY });
  for (let round = 0; round < 3; round++) {
    // As that script takes them.
    const image = await picture(1280, 720);
    const jpeg = new Uint8Array(await image.jpeg({ quality: 100 }).toBuffer());
    const answer = await post(edge.url, jpeg);
    assert.deepEqual([answer.status, await answer.text()], [200, ""]);
    const live = await fetch(`${edge.url}/live.jpeg?${Date.now()}`);
    assert.equal(live.headers.get("content-type"), "image/jpeg");
    assert.deepEqual(await live.bytes(), jpeg);
  }
});

toolTest(
  ["chromium"],
  "the test page polls the picture by the millisecond and shows it",
  async () => {
    await using edge = await startEdge({ env: LEGACY });
    const sharp = await loadSharp();
    const upload = async (background: string) => {
      const image = sharp({ create: { width: 64, height: 48, channels: 3, background } });
      const jpeg = new Uint8Array(await image.jpeg().toBuffer());
      await (await post(edge.url, jpeg)).body?.cancel();
    };
    await upload("#f00");
    await using browser = await launchChromium();
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const polled: string[] = [];
    page.on("request", (request) => polled.push(new URL(request.url()).search));
    await page.goto(`${edge.url}/test`);
    const colour = (red: boolean) =>
      page.waitForFunction((red) => {
        const image = document.querySelector("img")!;
        if (!image.complete || image.naturalWidth !== 64) return false;
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d")!;
        context.drawImage(image, 0, 0);
        const [r, , b] = context.getImageData(8, 8, 1, 1).data;
        return red ? r > 200 && b < 50 : b > 200 && r < 50;
      }, red);
    await colour(true);
    await upload("#00f");
    await colour(false);
    assert.ok(polled.some((search) => /^\?\d{13}$/.test(search)), polled.join(" "));
  },
);
