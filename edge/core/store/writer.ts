// Brings uploaded frames to the store, by demand, because stored frames cost and wear: newest wins, one
// write under way per camera. A store that fails costs nobody a live frame; what could not be written is
// overtaken by what comes next.

import type { CameraHub } from "../cameras/camera.ts";
import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";
import type { FrameStore } from "./frame_store.ts";

/** What the decision is made from. */
export interface PersistInput {
  /** Ms since the last keyframe of this camera; Infinity where there was none. */
  readonly sinceKeyframeMs: number;
  /** `PERCH_KEYFRAME_S` in ms. */
  readonly keyframeMs: number;
  /** Ms until the next frame is expected: what is asked of the camera. */
  readonly intervalMs: number;
  /** Viewers of other instances. */
  readonly viewersElsewhere: number;
}

/** How the newest frame is stored: as a keyframe, as the newest only, or not at all. */
export type Persist = "keyframe" | "newest" | "nothing";

/** Decides about a frame that has just come. A keyframe may be early if the next would be later. */
export function persistFrame(input: PersistInput): Persist {
  const { sinceKeyframeMs, keyframeMs, intervalMs } = input;
  const earlyMs = Math.min(intervalMs, keyframeMs) / 2;
  if (sinceKeyframeMs >= keyframeMs - earlyMs) return "keyframe";
  return input.viewersElsewhere > 0 ? "newest" : "nothing";
}

/** The least silence that counts as one, ms. */
const SILENT_MS = 10_000;

/** Ms without a frame after which the newest is stored, for it may be the last for long. */
export function silentAfter(intervalMs: number): number {
  return Math.max(SILENT_MS, 3 * intervalMs);
}

/** What a writer needs. */
export interface StoreWriterOptions {
  readonly store: FrameStore;
  readonly clock: Clock;
  readonly keyframeMs: number;
  /** Told when a call to the store fails. */
  onStoreError(action: string, error: unknown): void;
}

/** Writes one camera's uploads until it is flushed. */
export class StoreWriter {
  readonly #camera: CameraHub;
  readonly #options: StoreWriterOptions;
  /** Set when there is something to decide. */
  readonly #look: Latest<undefined> = new Latest();
  /** Monotonic ms; undefined until the store was asked. */
  #keyframeAt: number | undefined;
  #stored = 0;
  #newestWanted = false;
  /** Whether uploads stay away that were due here. */
  #silent = false;
  /** Monotonic ms of the last upload. */
  #uploadedAt = -Infinity;
  #running: Promise<void> | undefined;

  constructor(camera: CameraHub, options: StoreWriterOptions) {
    this.#camera = camera;
    this.#options = options;
  }

  /** Starts writing. */
  start(): void {
    const { uploads, demand } = this.#camera;
    let watched = false;
    uploads.onSet(() => {
      this.#uploadedAt = this.#options.clock.monotonic();
      this.#look.set(undefined);
    });
    // Viewers of another instance want the newest frame at once, not the next one.
    demand.onSet(() => {
      const now = this.#camera.viewersElsewhere > 0;
      if (now && !watched) this.#wantNewest();
      watched = now;
    });
    this.#running ??= this.#run();
  }

  /** Stores the newest frame of a camera that fell silent. To be called every second or so. */
  step(): void {
    const silentMs = this.#options.clock.monotonic() - this.#uploadedAt;
    const interval = this.#camera.demand.value?.interval ?? 0;
    if (silentMs < silentAfter(interval)) return;
    this.#silent = true;
    if (!this.#storedNewest) this.#wantNewest();
  }

  /** Stops. */
  async stop(): Promise<void> {
    this.#look.close();
    await this.#running;
  }

  /** Stops, and stores the last frame if it is not stored yet. */
  async flush(): Promise<void> {
    await this.stop();
    await this.#storeNewest();
  }

  /** One wake-up for all reasons: no timer and no promise chain is made for each frame. */
  async #run(): Promise<void> {
    const { uploads } = this.#camera;
    let looked = 0;
    let uploaded = 0;
    for (;;) {
      try {
        looked = (await this.#look.next(looked)).seq;
      } catch {
        return;
      }
      if (uploads.seq > uploaded && uploads.value) {
        uploaded = uploads.seq;
        await this.#store(uploads.value);
      }
      if (!this.#newestWanted) continue;
      this.#newestWanted = false;
      await this.#storeNewest();
    }
  }

  #wantNewest(): void {
    this.#newestWanted = true;
    this.#look.set(undefined);
  }

  get #storedNewest(): boolean {
    return (this.#camera.uploads.value?.version ?? 0) <= this.#stored;
  }

  async #store(frame: LiveFrame): Promise<void> {
    const { clock, keyframeMs } = this.#options;
    const arrived = this.#keyframeAt === undefined;
    const back = this.#silent;
    this.#silent = false;
    this.#keyframeAt ??= await this.#lastKeyframe();
    const persist = persistFrame({
      sinceKeyframeMs: clock.monotonic() - this.#keyframeAt,
      keyframeMs,
      intervalMs: this.#camera.demand.value?.interval ?? 0,
      viewersElsewhere: this.#camera.viewersElsewhere,
    });
    // The first is stored in any case: other instances learn from it that the camera lives.
    if (persist !== "nothing" || arrived || back) await this.#put(frame, persist === "keyframe");
    if (arrived) await this.#cleanUp();
  }

  async #storeNewest(): Promise<void> {
    const frame = this.#camera.uploads.value;
    if (!frame || this.#storedNewest) return;
    await this.#put(this.#silent ? { ...frame, silent: true } : frame, false);
  }

  /** When the last keyframe was, whichever instance made it. */
  async #lastKeyframe(): Promise<number> {
    const { store, clock, onStoreError } = this.#options;
    const { cam } = this.#camera;
    try {
      const [last] = await store.history(cam, { limit: 1 });
      return last ? clock.monotonic() - Math.max(0, clock.now() - last.version) : -Infinity;
    } catch (error) {
      onStoreError(`take over ${cam}`, error);
      return -Infinity;
    }
  }

  /**
   * Deletes what an instance before left. To be called behind a frame of this one: what a dead
   * writer had not finished is nobody's only when the head is newer.
   */
  async #cleanUp(): Promise<void> {
    const { store, onStoreError } = this.#options;
    const { cam } = this.#camera;
    await store.prune(cam).catch((error) => onStoreError(`clean up after ${cam}`, error));
  }

  async #put(frame: LiveFrame, keyframe: boolean): Promise<void> {
    const { store, clock, onStoreError } = this.#options;
    try {
      const result = await store.put(frame, { history: keyframe });
      this.#stored = result.ok ? frame.version : result.newest;
      if (!result.ok) this.#camera.raise(result.newest);
      else if (keyframe) this.#keyframeAt = clock.monotonic();
    } catch (error) {
      onStoreError(`store a frame of ${frame.cam}`, error);
    }
  }
}
