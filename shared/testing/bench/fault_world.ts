// What every fault is tried in: a real edge, a camera at ten pictures a second, healthy viewers of
// the stream, and a note of what each of them saw.

import { NumberedCamera } from "../numbered_camera.ts";
import { type RunningEdge, startEdge, type StartOptions } from "../processes.ts";
import { HardyViewer } from "../hardy_viewer.ts";
import type { Figures } from "./scenario.ts";

const FPS = 10;
const VIEWERS = 10;

/** A running edge with a camera and viewers. */
export class FaultWorld {
  readonly camera: NumberedCamera;
  edge: RunningEdge;
  /** When the fault was over (monotonic ms); recovery is counted from here. */
  healedAt = Infinity;
  /** What else is worth a word. */
  remark = "";
  readonly #options: StartOptions;
  readonly #viewers: HardyViewer[];
  readonly #taken = new Set<number>();
  readonly #stop = new AbortController();
  readonly #filming: Promise<void>;

  private constructor(edge: RunningEdge, camera: NumberedCamera, options: StartOptions) {
    this.edge = edge;
    this.camera = camera;
    this.#options = options;
    this.#filming = this.#film();
    this.#viewers = Array.from({ length: VIEWERS }, () => new HardyViewer(edge.url, camera));
  }

  static async start(options: StartOptions): Promise<FaultWorld> {
    const env = { PERCH_STRIP_METADATA: "false", ...options.env };
    const edge = await startEdge({ ...options, env });
    const fixed = { ...options, env: { ...env, PORT: new URL(edge.url).port } };
    const camera = await NumberedCamera.make();
    await camera.send(edge.url);
    return new FaultWorld(edge, camera, fixed);
  }

  /** Starts the edge again at the same port, after it was ended. */
  async restart(): Promise<void> {
    this.edge = await startEdge(this.#options);
  }

  /** The fault is over now. */
  healed(): void {
    this.healedAt = performance.now();
  }

  /** Resident memory of the edge, MB. */
  async memory(): Promise<number> {
    return await this.metric("process_resident_memory_bytes") / 1024 / 1024;
  }

  /** A sample of the edge's /metrics; 0 where there is none of that name. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.edge.url}/metrics`)).text();
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }

  /** Ends everything, and tells what the viewers saw. */
  async end(): Promise<Figures> {
    this.#stop.abort();
    await this.#filming;
    await Promise.all(this.#viewers.map((viewer) => viewer.close()));
    await this.edge.stop("SIGKILL");
    const of = (figure: (viewer: HardyViewer) => number) => Math.max(...this.#viewers.map(figure));
    const gap = of((viewer) => viewer.longestGap().ms);
    const cuts = of((viewer) => viewer.cuts);
    const recovery = of((viewer) => viewer.firstAfter(this.healedAt)) - this.healedAt;
    return {
      "viewers saw": sight(gap, cuts),
      "recovery ms": Math.round(recovery),
      "frames lost": of((viewer) => this.#lost(viewer)),
      "torn": of((viewer) => viewer.torn),
      "out of order": of((viewer) => viewer.repeated),
    };
  }

  /** Frames the edge took while this viewer watched and that it did not see. */
  #lost({ numbers }: HardyViewer): number {
    const seen = new Set(numbers);
    const [first, last] = [numbers[0] ?? Infinity, numbers.at(-1) ?? 0];
    return [...this.#taken].filter((n) => n > first && n < last && !seen.has(n)).length;
  }

  async #film(): Promise<void> {
    for (let due = performance.now(); !this.#stop.signal.aborted; due += 1000 / FPS) {
      const waitMs = due - performance.now();
      // A camera that was held up does not send what it missed.
      if (waitMs < -1000) due = performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
      if (this.#stop.signal.aborted) return;
      const n = this.camera.count + 1;
      try {
        const { status } = await this.camera.send(this.edge.url);
        if (status === 204) this.#taken.add(n);
      } catch {
        // The edge is away: the next frame is tried as this one was.
      }
    }
  }
}

function sight(gapMs: number, cuts: number): string {
  if (cuts > 0) return `cut off, back after ${(gapMs / 1000).toFixed(1)} s`;
  return gapMs < 500 ? "every frame" : `a gap of ${(gapMs / 1000).toFixed(1)} s`;
}
