// A viewer over plain TCP that comes back when it is cut off, as the page does, and takes note of
// every gap. HTTP/1.0, so that the stream comes without chunk marks between its bytes.

import { JpegSplitter } from "../jpeg/splitter.ts";
import type { NumberedCamera } from "./numbered_camera.ts";

/** How long a viewer waits before it tries again, ms. */
const RETRY_MS = 250;

/** One `/stream.mjpeg`, for as long as the test runs. */
export class HardyViewer {
  /** Numbers of the frames that arrived, in their order. */
  readonly numbers: number[] = [];
  /** When each of them came, monotonic ms. */
  readonly times: number[] = [];
  /** Frames that differed from what the camera sent. */
  torn = 0;
  /** Times it was cut off or turned away. */
  cuts = 0;
  readonly #url: URL;
  readonly #camera: NumberedCamera;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #wake = () => {};
  #connection: Deno.TcpConn | undefined;

  constructor(url: string, camera: NumberedCamera) {
    this.#url = new URL(url);
    this.#camera = camera;
    this.#running = this.#run();
  }

  /** Frames that came again, or after a later one. */
  get repeated(): number {
    return this.numbers.filter((n, i) => i > 0 && n <= this.numbers[i - 1]).length;
  }

  /** Longest time between two frames, ms, and when it ended. */
  longestGap(): { ms: number; endedAt: number } {
    let longest = { ms: 0, endedAt: 0 };
    for (let i = 1; i < this.times.length; i++) {
      const ms = this.times[i] - this.times[i - 1];
      if (ms > longest.ms) longest = { ms, endedAt: this.times[i] };
    }
    return longest;
  }

  /** When the first frame after `from` (monotonic ms) came; Infinity where none did. */
  firstAfter(from: number): number {
    return this.times.find((time) => time > from) ?? Infinity;
  }

  /** Resolves when the number of the newest frame satisfies `wanted`. */
  async until(wanted: (number: number) => boolean): Promise<void> {
    while (!wanted(this.numbers.at(-1) ?? 0)) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Hangs up for good. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#hangUp();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#watch().catch(() => {});
      this.#hangUp();
      if (this.#stop.signal.aborted) return;
      this.cuts++;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #watch(): Promise<void> {
    const { hostname, port } = this.#url;
    const connection = this.#connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(
      new TextEncoder().encode(`GET /stream.mjpeg HTTP/1.0\r\nHost: ${hostname}\r\n\r\n`),
    );
    const splitter = new JpegSplitter();
    const piece = new Uint8Array(64 * 1024);
    for (;;) {
      const got = await connection.read(piece);
      if (got === null) return;
      for (const jpeg of splitter.push(piece.subarray(0, got))) this.#take(jpeg);
    }
  }

  #take(jpeg: Uint8Array): void {
    const n = this.#camera.numberOf(jpeg);
    if (n === undefined) {
      this.torn++;
    } else if (n !== this.numbers.at(-1)) { // a quiet stream repeats its last frame
      this.numbers.push(n);
      this.times.push(performance.now());
      this.#wake();
    }
  }

  #hangUp(): void {
    try {
      this.#connection?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed already
    }
    this.#connection = undefined;
  }
}
