// When a real Chromium shows a frame: from the start of its upload to the pixel in the page.

import type { Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { loadSharp } from "../jpegs.ts";
import { quantile } from "../numbered_camera.ts";
import { type RunningEdge, startEdge, TEST_TOKEN } from "../processes.ts";
import { hasChromium } from "../tools.ts";
import { BenchUpload } from "./bench_upload.ts";
import type { Report } from "./scenario.ts";

const FPS = 4;
const FRAMES = 60;
/** Greys far enough apart to be told from each other after JPEG: 16, 44, 72 … */
const LEVELS = 8;
const STEP = 28;

/** A worker that says every millisecond that it is time to look. */
const TICKS = `const never = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    Atomics.wait(never, 0, 0, 1);
    postMessage(0);
  }`;

/** What a page does to show frames; `source` is what is drawn to look at its pixel. */
const ROADS: Readonly<Record<string, string>> = {
  "MJPEG, heads ahead": `img.src = "/stream.mjpeg"`,
  "MJPEG, ?length=1": `img.src = "/stream.mjpeg?length=1"`,
  "WebSocket": `source = canvas;
    const socket = new WebSocket("ws://" + location.host + "/ws");
    socket.binaryType = "arraybuffer";
    socket.onmessage = async ({ data }) => {
      if (typeof data === "string") return;
      await draw(new Uint8Array(data, 32));
      const ack = new Uint8Array(data.slice(0, 16));
      ack[0] = 0xac;
      socket.send(ack);
    }`,
  "chained GETs": `let etag = "";
    const next = async () => {
      const answer = await fetch("/live.jpeg?wait=10", { headers: { "if-none-match": etag } });
      etag = answer.headers.get("etag");
      if (answer.status === 200) {
        await draw(await answer.arrayBuffer());
        source = canvas;
      }
      next();
    };
    next()`,
};

/** Pixels: a small picture, where only the road counts, and one whose decoding takes a while too. */
const SIZES = [[320, 240], [640, 360]] as const;

/** Each road in turn, at 4 fps, where one frame's delay is 250 ms. */
export async function benchPaint(report: Report): Promise<void> {
  if (!hasChromium) return report.note("Chromium is not installed");
  for (const [width, height] of SIZES) await benchSize(report, width, height);
  report.note("from the start of an upload to the first look at the page that finds its pixel");
}

async function benchSize(report: Report, width: number, height: number): Promise<void> {
  const jpegs = await greys(width, height);
  await using edge = await startEdge();
  // A page that playwright answers for counts as foreign, and may not open sockets to this machine.
  await using browser = await launchChromium(["--disable-features=LocalNetworkAccessChecks"]);
  const upload = new BenchUpload({ port: Number(new URL(edge.url).port), token: TEST_TOKEN });
  upload.put(jpegs[0]);
  for (const [name, road] of Object.entries(ROADS)) {
    const page = await openPage(await browser.newPage(), edge, road);
    const sentAt: number[] = [];
    let due = performance.now();
    for (let i = 0; i < FRAMES; i++) {
      due += 1000 / FPS;
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      sentAt.push(wallMs());
      upload.put(jpegs[i % LEVELS]);
    }
    const seen = await page.evaluate("window.seen") as { level: number; at: number }[];
    await page.close();
    const ms = delays(sentAt, seen);
    report.row(`${width}x${height}, ${name}`, {
      "p50 ms": quantile(ms, 0.5),
      "p95 ms": quantile(ms, 0.95),
      "max ms": quantile(ms, 1),
      "frames seen": ms.length,
      "frames sent": FRAMES,
    });
  }
  upload.close();
}

/** A page of the edge's own origin, so that its pixels may be read. */
async function openPage(page: Page, edge: RunningEdge, road: string): Promise<Page> {
  const body = `<!doctype html><img id=img><canvas id=canvas width=64 height=64></canvas><script>
    const look = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    let source = img, last;
    const draw = async (data) => { // as the page does
      const { image } = await new ImageDecoder({ data, type: "image/jpeg" }).decode();
      canvas.getContext("2d").drawImage(image, 0, 0);
      image.close();
    };
    window.seen = [];
    ${road};
    // A timer of the page ticks every 4 ms at best, which would be half of what is measured.
    const ticks = new Worker("/bench-ticks");
    ticks.onmessage = () => {
      try { look.drawImage(source, 0, 0, 1, 1, 0, 0, 1, 1); } catch { return; }
      const [grey, , , alpha] = look.getImageData(0, 0, 1, 1).data;
      const level = Math.round((grey - 16) / ${STEP});
      if (alpha === 0 || level === last) return;
      last = level;
      window.seen.push({ level, at: performance.timeOrigin + performance.now() });
    };
  </script>`;
  const headers = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  await page.route(
    "**/bench-page",
    (route) => route.fulfill({ body, headers: { ...headers, "content-type": "text/html" } }),
  );
  await page.route(
    "**/bench-ticks",
    (route) =>
      route.fulfill({ body: TICKS, headers: { ...headers, "content-type": "text/javascript" } }),
  );
  await page.goto(`${edge.url}/bench-page`);
  return page;
}

/** Ms from each sending to the first sight of its grey; the first few frames warm up. */
function delays(
  sentAt: readonly number[],
  seen: readonly { level: number; at: number }[],
): number[] {
  const found: number[] = [];
  for (const { level, at } of seen) {
    const sent = sentAt.findLastIndex((time, i) => i % LEVELS === level && time <= at);
    if (sent >= 4) found.push(at - sentAt[sent]);
  }
  return found;
}

async function greys(width: number, height: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const sharp = await loadSharp();
  return Promise.all(Array.from({ length: LEVELS }, async (_, i) => {
    const grey = 16 + i * STEP;
    const background = { r: grey, g: grey, b: grey };
    const image = sharp({ create: { width, height, channels: 3, background } });
    return new Uint8Array(await image.jpeg().toBuffer());
  }));
}

function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
