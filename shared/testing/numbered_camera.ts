// A camera in the test process whose every frame carries its number, so that a viewer can tell a
// whole frame from a torn one, and a new one from a repeated one.

import { crc32 } from "node:zlib";
import { encodeAck, FRAME_HEADER_BYTES, readFrameHeader } from "../wire_frame.ts";
import { baseline, withSegment } from "./jpegs.ts";
import { putFrame } from "./processes.ts";

const COMMENT = 0xfe;

/** Bytes in a comment that only makes a frame larger: a segment takes 65,533. */
const PADDING = new Uint8Array(50_000).fill(0x2e);

/** Sends numbered frames. The edge must run with `PERCH_STRIP_METADATA=false`. */
export class NumberedCamera {
  readonly #bases: readonly Uint8Array[];
  /** Checksums of what was sent, by number: frames of a long run would fill the memory. */
  readonly #sent = new Map<number, number>();
  #count = 0;

  readonly #session = crypto.randomUUID();

  private constructor(bases: readonly Uint8Array[]) {
    this.#bases = bases;
  }

  /** @param sizes Least bytes of the frames, in turn. Default: all of about 30 KB. */
  static async make(sizes: readonly number[] = [0]): Promise<NumberedCamera> {
    const base = await baseline(360, 270);
    return new NumberedCamera(sizes.map((size) => {
      let jpeg = base;
      while (jpeg.length < size) jpeg = withSegment(jpeg, COMMENT, PADDING);
      return jpeg;
    }));
  }

  /** Frames sent so far. */
  get count(): number {
    return this.#count;
  }

  /** Uploads the next frame. */
  async send(url: string): Promise<Response> {
    const n = ++this.#count;
    const text = new TextEncoder().encode(String(n).padStart(12, "0"));
    const jpeg = withSegment(this.#bases[n % this.#bases.length], COMMENT, text);
    this.#sent.set(n, crc32(jpeg));
    const response = await putFrame(url, jpeg, {
      "perch-captured": String(Date.now()),
      "perch-seq": `${this.#session}:${n}`,
    });
    await response.body?.cancel();
    return response;
  }

  /** Uploads at a fixed rate until `signal` aborts. */
  async run(url: string, fps: number, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    for (let due = start; !signal.aborted; due += 1000 / fps) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      if (!signal.aborted) await this.send(url);
    }
  }

  /** The number of a frame that arrived whole; undefined where a byte differs from what was sent. */
  numberOf(jpeg: Uint8Array): number | undefined {
    const n = Number(new TextDecoder().decode(jpeg.subarray(6, 18)));
    return this.#sent.get(n) === crc32(jpeg) ? n : undefined;
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

/** The value below which the given part of `values` lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
