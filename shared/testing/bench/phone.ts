// A phone on a slow line: how old the picture on its screen is, by each road, in one run. Every frame
// carries its time as a row of black and white squares, which are read from the screen.

import type { Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { loadSharp } from "../jpegs.ts";
import { quantile } from "../numbered_camera.ts";
import { blockSockets } from "../page_stage.ts";
import { putFrame, startEdge } from "../processes.ts";
import type { Report } from "./scenario.ts";

const SECONDS = 60;
const FPS = 5;
/** 400 kbit/s. */
const BYTES_PER_SECOND = 50_000;
const [WIDTH, HEIGHT, SQUARE] = [640, 360, 20];
const FRAME_BYTES = 30_000;

/** One look at the screen. */
interface Look {
  /** Ms since the first picture. */
  readonly at: number;
  /** Ms since the picture was taken. */
  readonly age: number;
  /** Whether it was another picture at the last look. */
  readonly fresh: boolean;
}

/** WebSocket, chained requests and MJPEG on the same throttled browser. */
export async function benchPhone(report: Report): Promise<void> {
  report.note(
    `one phone at ${BYTES_PER_SECOND * 8 / 1000} kbit/s, ${FPS} frames/s of about ` +
      `${FRAME_BYTES / 1000} KB, ${SECONDS} s`,
  );
  await using edge = await startEdge();
  const stop = new AbortController();
  const camera = runCamera(edge.url, stop.signal);
  await using browser = await launchChromium();
  const roads: [string, string, (page: Page) => Promise<unknown>][] = [
    ["WebSocket", "/", () => Promise.resolve()],
    ["chained requests", "/", (page) => page.addInitScript(blockSockets)],
    ["MJPEG", "/health?live", () => Promise.resolve()],
  ];
  for (const [name, path, before] of roads) {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
    });
    const page = await context.newPage();
    await before(page);
    await page.goto(edge.url + path);
    await throttle(page);
    if (name === "MJPEG") await page.evaluate(addImage);
    const looks = await page.evaluate(watch, { seconds: SECONDS, square: SQUARE });
    await context.close();
    const drawn = looks.filter(({ fresh }) => fresh);
    const ages = (of: readonly Look[]) => of.map(({ age }) => age);
    const part = (from: number, to: number) =>
      quantile(ages(drawn.filter(({ at }) => at >= from && at < to)), 0.5);
    report.row(name, {
      "frames drawn": drawn.length,
      "age when drawn p50 ms": quantile(ages(drawn), 0.5),
      "p95 ms": quantile(ages(drawn), 0.95),
      "p50 of s 10 to 20": part(10_000, 20_000),
      "of s 50 to 60": part(50_000, 60_000),
      "on the screen p95 ms": quantile(ages(looks), 0.95),
    });
  }
  stop.abort();
  await camera;
}

async function throttle(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    // Chromium would add it to each piece of a WebSocket message, not to each message.
    latency: 0,
    downloadThroughput: BYTES_PER_SECOND,
    uploadThroughput: BYTES_PER_SECOND,
  });
}

function addImage(): void {
  const image = new Image();
  image.id = "picture";
  image.src = "/stream.mjpeg";
  document.body.append(image);
}

/** Runs in the page: reads the time from the picture twenty times a second. */
async function watch(options: { seconds: number; square: number }): Promise<Look[]> {
  const canvas = document.createElement("canvas");
  canvas.width = 32;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const looks: Look[] = [];
  let start: number | undefined;
  let before = 0;
  while (start === undefined || performance.now() - start < options.seconds * 1000) {
    await new Promise((go) => setTimeout(go, 50));
    const source = document.getElementById("picture") as HTMLCanvasElement | HTMLImageElement;
    const width = source instanceof HTMLImageElement ? source.naturalWidth : source.width;
    if (width < 640) continue;
    const half = options.square / 2;
    for (let bit = 0; bit < 32; bit++) {
      context.drawImage(source, bit * options.square + half, half, 1, 1, bit, 0, 1, 1);
    }
    const { data } = context.getImageData(0, 0, 32, 1);
    let stamp = 0;
    for (let bit = 0; bit < 32; bit++) stamp = stamp * 2 + (data[bit * 4] > 128 ? 1 : 0);
    start ??= performance.now();
    const age = Date.now() % 2 ** 32 - stamp;
    looks.push({ at: performance.now() - start, age, fresh: stamp !== before });
    before = stamp;
  }
  return looks;
}

async function runCamera(url: string, signal: AbortSignal): Promise<void> {
  const sharp = await loadSharp();
  const noise = { type: "gaussian", mean: 128, sigma: 16 } as const;
  const size = { width: WIDTH, height: HEIGHT, channels: 3 as const };
  const base = await sharp({ create: { ...size, background: "#456", noise } }).raw().toBuffer();
  let quality = 60;
  for (let due = performance.now(); !signal.aborted; due += 1000 / FPS) {
    await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now())));
    const now = Date.now();
    stamp(base, now % 2 ** 32);
    const jpeg = new Uint8Array(await sharp(base, { raw: size }).jpeg({ quality }).toBuffer());
    quality = Math.min(95, Math.max(5, quality + Math.sign(FRAME_BYTES - jpeg.length)));
    const answer = await putFrame(url, jpeg, { "perch-captured": String(now) }).catch(() => null);
    await answer?.body?.cancel();
  }
}

/** Writes 32 bits as squares along the top. */
function stamp(pixels: Uint8Array, value: number): void {
  for (let y = 0; y < SQUARE; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const bit = Math.floor(value / 2 ** (31 - Math.floor(x / SQUARE))) % 2;
      pixels.fill(bit * 255, (y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3);
    }
  }
}
