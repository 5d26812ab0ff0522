// A person in front of /stream.mjpeg: every picture as it arrives, and what is written on it.

import { JpegSplitter } from "../jpeg/splitter.ts";
import { readStamp, type Stamp } from "./fake_rpicam/jpeg.ts";

/** A picture that a viewer got. */
export interface SeenFrame extends Stamp {
  /** Unix ms at which its last byte came. */
  readonly seenAt: number;
  readonly jpeg: Uint8Array;
}

/** Watches a stream until disposed of; connects again whenever it breaks off. */
export class StreamViewer implements AsyncDisposable {
  readonly frames: SeenFrame[] = [];
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
