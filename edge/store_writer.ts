// Brings uploaded frames to the store: newest wins, one write under way per camera. A store that
// fails costs nobody a live frame; what could not be written is overtaken by what comes next.

import type { Clock } from "../shared/clock.ts";
import type { CameraHub } from "./camera_hub.ts";
import type { LiveFrame } from "./live_frame.ts";
import { persistFrame } from "./persist.ts";
import type { FrameStore } from "./store/store.ts";
import { within } from "./within.ts";

/** A camera silent for this long has its newest frame stored, ms. */
export const SILENT_MS = 10_000;

/** What a writer needs. */
export interface StoreWriterOptions {
  readonly store: FrameStore;
  readonly clock: Clock;
  readonly keyframeMs: number;
  /** Told when a write fails. */
  onStoreError(action: string, error: unknown): void;
}

/** Writes one camera's uploads until it is flushed. */
export class StoreWriter {
  readonly #camera: CameraHub;
  readonly #options: StoreWriterOptions;
  readonly #stop = new AbortController();
  #keyframeAt = -Infinity;
  #stored = 0;
  #running: Promise<void> | undefined;

  constructor(camera: CameraHub, options: StoreWriterOptions) {
    this.#camera = camera;
    this.#options = options;
  }

  /** Starts writing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Stops, and stores the last frame if it is not stored yet. */
  async flush(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#storeNewest();
  }

  async #run(): Promise<void> {
    const { clock, keyframeMs } = this.#options;
    const { uploads } = this.#camera;
    let seq = 0;
    while (!this.#stop.signal.aborted) {
      const item = await within(
        clock,
        SILENT_MS,
        (timeout) => uploads.next(seq, AbortSignal.any([timeout, this.#stop.signal])),
      );
      if (this.#stop.signal.aborted) return;
      if (!item) {
        await this.#storeNewest();
        if (uploads.seq === seq) await this.#nextUpload(seq);
        continue;
      }
      seq = item.seq;
      const persist = persistFrame({
        sinceKeyframeMs: clock.monotonic() - this.#keyframeAt,
        keyframeMs,
        watchedElsewhere: this.#camera.watchedElsewhere,
      });
      if (persist !== "nothing") await this.#put(item.value, persist === "keyframe");
    }
  }

  async #nextUpload(seq: number): Promise<void> {
    await this.#camera.uploads.next(seq, this.#stop.signal).catch(() => {});
  }

  async #storeNewest(): Promise<void> {
    const frame = this.#camera.uploads.value;
    if (frame && frame.version > this.#stored) await this.#put(frame, false);
  }

  async #put(frame: LiveFrame, keyframe: boolean): Promise<void> {
    const { store, clock, onStoreError } = this.#options;
    try {
      const result = await store.put(frame, { keyframe });
      if (!result.ok) return;
      this.#stored = frame.version;
      if (keyframe) this.#keyframeAt = clock.monotonic();
    } catch (error) {
      onStoreError(`store a frame of ${frame.cam}`, error);
    }
  }
}
