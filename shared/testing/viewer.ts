// Viewers of a real edge: one of its MJPEG stream, one over a socket.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { JpegSplitter } from "../jpeg/splitter.ts";
import { FRAME_HEADER_BYTES, readFrameHeader } from "../wire_frame.ts";
import { readStamp, type Stamp } from "./fake_rpicam/jpeg.ts";
import type { NumberedCamera } from "./camera.ts";
import { encodeAck } from "./clients.ts";
import { News } from "./wait.ts";

/** A picture that a viewer got. */
export interface SeenFrame extends Stamp {
  /** Unix ms at which its last byte came. */
  readonly seenAt: number;
  readonly jpeg: Uint8Array;
}

/** Watches a stream until disposed of; connects again whenever it breaks off. */
export class StreamViewer implements AsyncDisposable {
  /** Each once: a quiet stream repeats its last picture, which is no new one. */
  readonly frames: SeenFrame[] = [];
  /** Times it was cut off or turned away. */
  cuts = 0;
  readonly #stop = new AbortController();
  readonly #client = Deno.createHttpClient({});
  readonly #done: Promise<void>;
  readonly #arrived = new News();

  /** @param url Gives the stream's address anew for each connection. */
  constructor(url: () => string) {
    this.#done = this.#watch(url);
  }

  /** The newest picture. */
  get last(): SeenFrame | undefined {
    return this.frames.at(-1);
  }

  /** The first picture, past or future, that `wanted` accepts. */
  until(wanted: (frame: SeenFrame, index: number) => boolean): Promise<SeenFrame> {
    let looked = 0;
    return this.#arrived.until(() => {
      const from = looked;
      looked = this.frames.length;
      return this.frames.slice(from).find((frame, i) => wanted(frame, from + i));
    });
  }

  /** Waits for `count` more pictures and gives the last of them. */
  more(count: number): Promise<SeenFrame> {
    const wanted = this.frames.length + count - 1;
    return this.until((_, index) => index >= wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.#client.close();
  }

  async #watch(url: () => string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const splitter = new JpegSplitter();
      try {
        const response = await fetch(url(), { signal, client: this.#client });
        if (!response.ok) throw new Error(await response.text());
        const reader = response.body!.getReader();
        // The signal alone is not enough: once in a while a body outlives its request's signal.
        const cancel = () => void reader.cancel().catch(() => {});
        signal.addEventListener("abort", cancel, { once: true });
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          for (const jpeg of splitter.push(read.value)) this.#see(jpeg);
        }
        signal.removeEventListener("abort", cancel);
      } catch {
        if (!signal.aborted) this.cuts++;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  }

  #see(jpeg: Uint8Array): void {
    if (this.last && Buffer.compare(this.last.jpeg, jpeg) === 0) return;
    const seenAt = Date.now();
    this.frames.push({ ...readStamp(jpeg), seenAt, jpeg });
    this.#arrived.tell();
  }
}

/** A viewer's socket, and what came over it. */
export class CountingViewer implements AsyncDisposable {
  /** Numbers of the frames that arrived whole, in their order. */
  readonly numbers: number[] = [];
  /** Of all frames. */
  readonly versions: number[] = [];
  readonly #camera: NumberedCamera;
  readonly #socket: WebSocket;
  readonly #arrived = new News();

  constructor(url: string, camera: NumberedCamera) {
    this.#camera = camera;
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.#take(data);
  }

  /** Resolves when the newest frame that came is number `n` or newer. */
  async sees(n: number): Promise<void> {
    await this.#arrived.until(() => (this.numbers.at(-1) ?? 0) >= n || undefined);
  }

  /** Resolves after `count` more frames. */
  async more(count: number): Promise<void> {
    const wanted = this.numbers.length + count;
    await this.#arrived.until(() => this.numbers.length >= wanted || undefined);
  }

  /** Hangs up. All must have come whole, each newer than the one before. */
  async close(): Promise<void> {
    await this[Symbol.asyncDispose]();
    assert.equal(this.numbers.length, this.versions.length, "some were torn");
    for (const each of [this.numbers, this.versions]) {
      assert.deepEqual(each, [...new Set(each)].sort((a, b) => a - b));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await closed;
  }

  #take(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    const bytes = new Uint8Array(data);
    const header = readFrameHeader(bytes);
    if (!header) return;
    this.#socket.send(encodeAck(header));
    const n = this.#camera.numberOf(bytes.subarray(FRAME_HEADER_BYTES));
    if (n !== undefined) this.numbers.push(n);
    this.versions.push(header.version);
    this.#arrived.tell();
  }
}
