// The main job with nothing made up: ffmpeg as camera, two programs, ffmpeg and Chromium as viewers.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { type RunningEdge, startEdge, startPi } from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";

const FFMPEG_CAMERA = { PERCH_SOURCE: "ffmpeg", PERCH_FPS: "10" };

/** What ffmpeg makes of ten seconds of the stream: one line a decoded picture, and complaints. */
async function readBack(edge: RunningEdge): Promise<{ hashes: string[]; complaints: string }> {
  const { stdout, stderr } = await new Deno.Command(toolPath("ffmpeg")!, {
    // deno-fmt-ignore
    args: [
      "-hide_banner", "-nostdin", "-loglevel", "warning",
      "-use_wallclock_as_timestamps", "1", "-i", `${edge.url}/stream.mjpeg`,
      "-t", "10", "-an", "-vsync", "passthrough", "-f", "framemd5", "-",
    ],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const hashes = decoder.decode(stdout).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").at(-1)!.trim());
  return { hashes, complaints: decoder.decode(stderr) };
}

/** Lines in which ffmpeg speaks of its own choices, not of the pictures. */
const CHATTER = /deprecated pixel format|^\s*$|vsync|Timestamps are unset|Past duration/;

async function assertStreams(edge: RunningEdge): Promise<void> {
  const { hashes, complaints } = await readBack(edge);
  assert.deepEqual(complaints.split("\n").filter((line) => !CHATTER.test(line)), []);
  assert.ok(hashes.length >= 20, `${hashes.length} pictures in ten seconds at 10 fps asked`);
  assert.ok(new Set(hashes).size >= 20, "the pictures hardly change");
}

/** Four seconds of video in a file, as a phone would leave one. */
async function makeVideo(path: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(toolPath("ffmpeg")!, {
    // deno-fmt-ignore
    args: [
      "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t", "4",
      "-pix_fmt", "yuv420p", path,
    ],
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

async function assertJourney(input: string): Promise<void> {
  await using edge = await startEdge();
  await using _pi = await startPi(edge.url, { env: { ...FFMPEG_CAMERA, PERCH_INPUT: input } });
  await firstFrame(edge);
  await assertStreams(edge);
}

// Both at once: each takes ten seconds of waiting.
toolTest(["ffmpeg"], "a drawn input and a video file reach ffmpeg undamaged", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const video = `${folder}/street.mp4`;
    await makeVideo(video);
    const concurrent = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
    const drawn = "lavfi:testsrc2=size=640x360:rate=10";
    const passed = await Promise.all([
      t.step({ ...concurrent, name: "drawn by lavfi", fn: () => assertJourney(drawn) }),
      t.step({ ...concurrent, name: "a video file", fn: () => assertJourney(video) }),
    ]);
    assert.deepEqual(passed, [true, true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

toolTest(["chromium", "ffmpeg"], "a browser shows a picture that moves", async () => {
  await using edge = await startEdge();
  await using _pi = await startPi(edge.url, {
    env: { ...FFMPEG_CAMERA, PERCH_INPUT: "lavfi:testsrc2=size=640x360:rate=10" },
  });
  await using browser = await launchChromium();
  const page = await browser.newPage();
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
});

/** Waits until the edge has a picture. */
async function firstFrame(edge: RunningEdge): Promise<void> {
  let response = await fetch(`${edge.url}/live.jpeg`);
  while (response.status === 404) {
    await response.body?.cancel();
    response = await fetch(`${edge.url}/live.jpeg?wait=5`, { headers: { "if-none-match": `"0"` } });
  }
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  await response.body?.cancel();
}
