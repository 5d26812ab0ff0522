// The ways in which browsers make a picture of bytes: each shows the same, turned pictures upright.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { loadSharp } from "../jpegs.ts";
import { putFrame, startEdge } from "../processes.ts";
import { toolTest } from "../tools.ts";
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

toolTest(["chromium"], "a picture looks the same by each of the browser's decoders", async () => {
  await using edge = await startEdge();
  assert.equal((await putFrame(edge.url, await turned())).status, 204);
  await using browser = await launchChromium();
  for (const [decoder, lacking] of Object.entries(BROWSERS)) {
    await using viewer = await ViewerPage.open(browser, edge.url, {
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
        return red > 200 && blue < 60 ? "red" : blue > 200 && red < 60 ? "blue" : `${red} ${blue}`;
      };
      const { width, height } = canvas;
      return { width, height, top: colour(24, 4), bottom: colour(24, 60) };
    });
    assert.deepEqual(seen, { width: 48, height: 64, top: "red", bottom: "blue" }, decoder);
    assert.deepEqual(viewer.complaints, [], decoder);
  }
});
