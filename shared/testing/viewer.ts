// Viewers of a real edge: one of its MJPEG stream, one over a socket.

import { JpegSplitter } from "../jpeg/splitter.ts";
import { encodeAck, FRAME_HEADER_BYTES, readFrameHeader } from "../wire_frame.ts";
import { readStamp, type Stamp } from "./fake_rpicam/jpeg.ts";
import type { NumberedCamera } from "./camera.ts";

/** A picture that a viewer got. */
export interface SeenFrame extends Stamp {
  /** Unix ms at which its last byte came. */
  readonly seenAt: number;
  readonly jpeg: Uint8Array;
}

/** Watches a stream until disposed of; connects again whenever it breaks off. */
export class StreamViewer implements AsyncDisposable {
  readonly frames: SeenFrame[] = [];
  /** Times it was cut off or turned away. */
  cuts = 0;
  readonly #stop = new AbortController();
  readonly #client = Deno.createHttpClient({});
  readonly #done: Promise<void>;
  #arrived = Promise.withResolvers<void>();

  /** @param url Gives the stream's address anew for each connection. */
  constructor(url: () => string) {
    this.#done = this.#watch(url);
  }

  /** The newest picture. */
  get last(): SeenFrame | undefined {
    return this.frames.at(-1);
  }

  /** The first picture, past or future, that `wanted` accepts. */
  async until(wanted: (frame: SeenFrame, index: number) => boolean): Promise<SeenFrame> {
    let looked = 0;
    for (;;) {
      const found = this.frames.slice(looked).find((frame, i) => wanted(frame, looked + i));
      if (found) return found;
      looked = this.frames.length;
      await this.#arrived.promise;
    }
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
    const seenAt = Date.now();
    this.frames.push({ ...readStamp(jpeg), seenAt, jpeg });
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

/** A viewer's socket, and what came over it. */
export class CountingViewer {
  /** Numbers of the frames that arrived, in their order. */
  readonly numbers: number[] = [];
  /** Ms from capture to arrival, for frames captured since the viewer came. */
  readonly ages: number[] = [];
  readonly versions: number[] = [];
  torn = 0;
  readonly #camera: NumberedCamera;
  readonly #since = Date.now();
  readonly #socket: WebSocket;
  #wake = () => {};

  constructor(url: string, camera: NumberedCamera) {
    this.#camera = camera;
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.#take(data);
  }

  /** Numbers that came again, or after a later one. */
  get repeated(): number {
    return this.numbers.filter((n, i) => i > 0 && n <= this.numbers[i - 1]).length;
  }

  /** Resolves when `wanted` holds, looked at after every frame. */
  async until(wanted: (viewer: CountingViewer) => boolean): Promise<void> {
    while (!wanted(this)) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  /** Starts counting anew. */
  forget(): void {
    this.numbers.length = this.ages.length = this.versions.length = 0;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve();
      this.#socket.onclose = () => resolve();
      this.#socket.close();
    });
  }

  #take(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    const bytes = new Uint8Array(data);
    const header = readFrameHeader(bytes);
    if (!header) return;
    this.#socket.send(encodeAck(header));
    const n = this.#camera.numberOf(bytes.subarray(FRAME_HEADER_BYTES));
    if (n === undefined) this.torn++;
    else this.numbers.push(n);
    this.versions.push(header.version);
    if (header.capturedAt >= this.#since) this.ages.push(Date.now() - header.capturedAt);
    this.#wake();
  }
}
