// deno task screenshots: the pictures of the README, made by a real edge in a real browser.

import { Buffer } from "node:buffer";
import type { Browser } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { loadSharp } from "./jpegs.ts";
import { startEdge, startPi } from "./processes.ts";
import { SceneCamera } from "./camera.ts";
import { ViewerPage } from "./viewer_page.ts";

const FOLDER = new URL("../../.github/screenshots/", import.meta.url);
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true };
const DESKTOP = { viewport: { width: 1440, height: 900 } };

/** It is half past eight in the morning, wherever that is. */
const hours = (8 - new Date().getUTCHours() + 36) % 24 - 12;
const zone = `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
Deno.env.set("TZ", zone);

await Deno.mkdir(FOLDER, { recursive: true });
await using edge = await startEdge({
  task: "demo:edge",
  env: { PERCH_TITLE: "Lake hut", PERCH_STALE_S: "5", TZ: zone },
});
// Its picture and the page's clock tell the same time.
await using pi = await startPi(edge.url, {
  env: { PERCH_WIDTH: "1280", PERCH_HEIGHT: "720", TZ: zone },
});
const scene = { width: 1280, height: 720, pictures: 12, quality: 80, from: Date.now() };
const garden = await SceneCamera.make(scene);
const harbour = await SceneCamera.make({ ...scene, scene: "harbour" });
const others = "barn bridge creek garden harbour nest north-ridge pier pond street yard"
  .split(" ").map((name) => (/harbour|pier|pond/.test(name) ? harbour : garden).as(name));
for (const one of others) {
  await one.send(edge.url);
  one.run(edge.url, 2);
}
const browser = await launchChromium();
await shoot(browser, "desktop", "/", { ...DESKTOP, colorScheme: "light" });
await shoot(browser, "phone", "/", { ...PHONE, colorScheme: "dark" });
await shoot(browser, "wall", "/cams", { ...DESKTOP, colorScheme: "dark" });
await pi.stop("SIGKILL");
await shoot(browser, "offline", "/", { ...PHONE, colorScheme: "light" }, "stale");
await browser.close();
for (const one of others) await one.stop();

/** Opens a page, waits until it looks as it does to people, and writes the picture. */
async function shoot(
  browser: Browser,
  name: string,
  path: string,
  options: Parameters<Browser["newContext"]>[0],
  state = "live",
): Promise<void> {
  await using viewer = await ViewerPage.open(browser, edge.url + path, {
    ...options,
    timezoneId: zone,
  });
  const { page } = viewer;
  if (path === "/") await viewer.picture();
  else await page.locator('.tile[data-state="live"]').nth(others.length).waitFor();
  if (state === "live" && path === "/") await page.locator("#timeline").waitFor();
  // The glow behind the picture fades in.
  await page.waitForTimeout(1500);
  // A camera that is silent is taken for a sleeping one at first.
  if (path === "/") await viewer.state(state);
  const sharp = await loadSharp();
  const png = await page.screenshot();
  const small = await sharp(Buffer.from(png)).png({ palette: true, effort: 10, dither: 0.6 })
    .toBuffer();
  await Deno.writeFile(new URL(`${name}.png`, FOLDER), small);
  console.log(`${name}.png: ${Math.round(small.length / 1024)} KB`);
}
