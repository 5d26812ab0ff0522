// Cameras in the test process: one whose frames are numbered, so that a viewer can tell a whole frame from
// a torn one and a new one from a repeated one, and one that shows the scene that `demo` has.

import { crc32 } from "node:zlib";
import { createPicture, type SceneName } from "../../pi/source/pattern.ts";
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
  /** The version that the last frame got, which the next one names; unset where this is not done. */
  last: string | undefined = "";

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
      ...this.last ? { "perch-last": this.last } : {},
    });
    await response.body?.cancel();
    if (this.last !== undefined) this.last = response.headers.get("etag") ?? this.last;
    return response;
  }

  /** Uploads at a fixed rate until `signal` aborts. */
  async run(url: string, fps: number, signal: AbortSignal): Promise<void> {
    await paced(fps, signal, () => this.send(url));
  }

  /** The number of a frame that arrived whole; undefined where a byte differs from what was sent. */
  numberOf(jpeg: Uint8Array): number | undefined {
    const n = Number(new TextDecoder().decode(jpeg.subarray(6, 18)));
    return this.#sent.get(n) === crc32(jpeg) ? n : undefined;
  }
}

/** How a scene is sent. */
export interface SceneOptions {
  /** Default `cam`. */
  readonly cam?: string;
  /** Pixels. Default 640. */
  readonly width?: number;
  /** Pixels. Default 360. */
  readonly height?: number;
  /** How many different pictures. Default 4. */
  readonly pictures?: number;
  /** 1 to 100. Default 60. */
  readonly quality?: number;
  /** Default the garden. */
  readonly scene?: SceneName;
  /** When the first is of, Unix ms. By default in the morning: at night another test would pass. */
  readonly from?: number;
}

/** Sends the scene to an edge. */
export class SceneCamera {
  readonly cam: string;
  readonly jpegs: readonly Uint8Array<ArrayBuffer>[];
  /** Frames sent so far. */
  count = 0;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(cam: string, jpegs: readonly Uint8Array<ArrayBuffer>[]) {
    this.cam = cam;
    this.jpegs = jpegs;
  }

  static async make(options: SceneOptions = {}): Promise<SceneCamera> {
    const { cam = "cam", width = 640, height = 360, pictures = 4, quality = 60 } = options;
    const { from = new Date(2026, 5, 21, 9).getTime() } = options;
    const draw = await createPicture(width, height, options.scene);
    const jpegs: Uint8Array<ArrayBuffer>[] = [];
    for (let frame = 1; frame <= pictures; frame++) {
      const now = from + frame * 1000;
      jpegs.push(new Uint8Array(await draw({ now, frame }, quality)));
    }
    return new SceneCamera(cam, jpegs);
  }

  /** Another camera with the same pictures. */
  as(cam: string): SceneCamera {
    return new SceneCamera(cam, this.jpegs);
  }

  /** Uploads one picture. */
  async send(url: string): Promise<void> {
    const jpeg = this.jpegs[this.count++ % this.jpegs.length];
    const headers = { "perch-captured": String(Date.now()) };
    const response = await putFrame(`${url}/cams/${this.cam}`, jpeg, headers);
    await response.body?.cancel();
    if (!response.ok) throw new Error(`PUT of camera ${this.cam} was answered ${response.status}`);
  }

  /** Uploads at a fixed rate until `stop`; an edge that is not there is tried again. */
  run(url: string, fps: number): void {
    this.#running = paced(fps, this.#stop.signal, () => this.send(url).catch(() => {}));
  }

  /** Sends no more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Does something at a fixed rate until `signal` aborts; what is more than a second late is left out. */
async function paced(fps: number, signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  for (let due = performance.now(); !signal.aborted; due += 1000 / fps) {
    due = Math.max(due, performance.now() - 1000);
    await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now())));
    if (!signal.aborted) await act();
  }
}
