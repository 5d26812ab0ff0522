// The main job with nothing made up: ffmpeg as camera, two programs, ffmpeg and Chromium as viewers.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { type RunningEdge, startEdge, startPi } from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";
import { TempDir } from "../temp.ts";

const PICTURES = 30;

async function ffmpeg(...args: string[]): Promise<{ out: string; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(toolPath("ffmpeg")!, {
    args: ["-hide_banner", "-nostdin", "-loglevel", "warning", ...args],
    stdin: "null",
  }).output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, said);
  return { out, said };
}

/** Lines in which ffmpeg speaks of its own choices, not of the pictures. */
const CHATTER = /deprecated pixel format|^\s*$|vsync|Timestamps are unset|Past duration/;

/** ffmpeg decodes what comes, one line a picture, and has nothing to complain of. */
async function assertStreams(edge: RunningEdge): Promise<void> {
  // deno-fmt-ignore
  const { out, said } = await ffmpeg(
    "-use_wallclock_as_timestamps", "1", "-i", `${edge.url}/stream.mjpeg`,
    "-frames:v", `${PICTURES}`, "-an", "-vsync", "passthrough", "-f", "framemd5", "-",
  );
  assert.deepEqual(said.split("\n").filter((line) => !CHATTER.test(line)), []);
  const hashes = out.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").at(-1));
  assert.equal(hashes.length, PICTURES);
  assert.ok(new Set(hashes).size >= 20, "the pictures hardly change");
}

/** A browser shows a picture that moves. */
async function assertShows(edge: RunningEdge): Promise<void> {
  await using browser = await launchChromium();
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(edge.url);
  const sum = async () =>
    await page.locator("#picture").evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) >>> 0;
      return width === 320 && height === 180 ? sum : 0;
    });
  const seen = new Set<number>();
  while (seen.size < 4) {
    const value = await sum();
    if (value !== 0) seen.add(value);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

toolTest(
  ["chromium", "ffmpeg"],
  "a drawn input and a video file reach viewers undamaged",
  async () => {
    await using folder = new TempDir();
    const drawn = "testsrc2=size=640x360:rate=10";
    // Four seconds of video in a file, as a phone would leave one.
    const video = `${folder}/street.mp4`;
    await ffmpeg("-f", "lavfi", "-i", drawn, "-t", "4", "-pix_fmt", "yuv420p", video);
    for (const input of [`lavfi:${drawn}`, video]) {
      await using edge = await startEdge();
      await using pi = await startPi(edge.url, {
        env: { PERCH_SOURCE: "ffmpeg", PERCH_FPS: "10", PERCH_INPUT: input },
      });
      await pi.line(/the edge has the first picture/);
      await assertStreams(edge);
      await assertShows(edge);
    }
  },
);
