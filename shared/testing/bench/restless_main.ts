// Viewers of the stream that come, watch for 2 to 22 seconds, vanish in the middle of a picture and
// come back. A process of its own; prints one line of JSON at the end.

import { parseArgs } from "node:util";
import { JpegSplitter } from "../../jpeg/splitter.ts";

/** What they saw. */
export interface RestlessFigures {
  readonly joins: number;
  /** Times the edge turned one away or ended its stream. */
  readonly cuts: number;
  readonly frames: number;
  /** Frames of another size than the others. */
  readonly torn: number;
}

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    viewers: { type: "string", default: "50" },
    seconds: { type: "string", default: "10" },
  },
});

const port = Number(values.port);
const until = performance.now() + 1000 * Number(values.seconds);
const REQUEST = new TextEncoder().encode(
  "GET /stream.mjpeg HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
);
const figures = { joins: 0, cuts: 0, frames: 0, torn: 0 };
let frameSize = 0;

async function comeAndGo(): Promise<void> {
  while (performance.now() < until) {
    const leaveAt = Math.min(until, performance.now() + 2000 + Math.random() * 20_000);
    await watch(leaveAt);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2000));
  }
}

async function watch(leaveAt: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let left = false;
  const leave = () => {
    if (!left) connection.close();
    left = true;
  };
  const timer = setTimeout(leave, Math.max(0, leaveAt - performance.now()));
  figures.joins++;
  try {
    await connection.write(REQUEST);
    const splitter = new JpegSplitter();
    const piece = new Uint8Array(64 * 1024);
    for (let got; (got = await connection.read(piece)) !== null;) {
      for (const jpeg of splitter.push(piece.subarray(0, got))) {
        frameSize ||= jpeg.length;
        figures.frames++;
        if (jpeg.length !== frameSize) figures.torn++;
      }
    }
    figures.cuts++;
  } catch {
    if (!left) figures.cuts++;
  }
  clearTimeout(timer);
  leave();
}

await Promise.all(Array.from({ length: Number(values.viewers) }, comeAndGo));
const result: RestlessFigures = figures;
console.log(JSON.stringify(result));
