// A camera in the test process that shows the pattern scene: the same pictures that `demo` has, drawn
// beforehand, so that sending them costs nothing.

import { PatternPicture } from "../../pi/source/pattern.ts";
import { TEST_TOKEN } from "./processes.ts";

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
    const picture = await PatternPicture.create(width, height);
    const jpegs: Uint8Array<ArrayBuffer>[] = [];
    for (let frame = 1; frame <= pictures; frame++) {
      const now = Date.now() + frame * 1000;
      jpegs.push(new Uint8Array(await picture.jpeg({ now, frame }, quality)));
    }
    return new SceneCamera(cam, jpegs);
  }

  /** Another camera with the same pictures. */
  as(cam: string): SceneCamera {
    return new SceneCamera(cam, this.jpegs);
  }

  /** Uploads one picture. */
  async send(url: string): Promise<void> {
    const response = await fetch(`${url}/cams/${this.cam}/live.jpeg`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${TEST_TOKEN}`,
        "content-type": "image/jpeg",
        "perch-captured": String(Date.now()),
      },
      body: this.jpegs[this.count++ % this.jpegs.length],
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`PUT of camera ${this.cam} was answered ${response.status}`);
  }

  /** Uploads at a fixed rate until `stop`; an edge that is not there is tried again. */
  run(url: string, fps: number): void {
    this.#running = this.#run(url, fps);
  }

  /** Sends no more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(url: string, fps: number): Promise<void> {
    const { signal } = this.#stop;
    for (let due = performance.now(); !signal.aborted; due += 1000 / fps) {
      due = Math.max(due, performance.now() - 1000);
      await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now())));
      if (!signal.aborted) await this.send(url).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
