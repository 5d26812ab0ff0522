// Brings uploaded frames to the store: newest wins, one write under way per camera. A store that
// fails costs nobody a live frame; what could not be written is overtaken by what comes next.

import type { Clock } from "../shared/clock.ts";
import type { CameraHub } from "./camera_hub.ts";
import type { LiveFrame } from "./live_frame.ts";
import { persistFrame, silentAfter } from "./persist.ts";
import type { FrameStore } from "./store/store.ts";
import { within } from "./within.ts";

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
  readonly #stop = new AbortController();
  /** Monotonic ms; undefined until the store was asked. */
  #keyframeAt: number | undefined;
  #stored = 0;
  #wake = new AbortController();
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
    const { demand } = this.#camera;
    let watched = false;
    // Viewers of another instance want the newest frame at once, not the next one.
    const stopListening = demand.onSet(() => {
      const now = this.#camera.viewersElsewhere > 0;
      if (now && !watched) this.#wake.abort();
      watched = now;
    });
    let seq = 0;
    while (!this.#stop.signal.aborted) {
      const item = await this.#nextUpload(seq);
      if (this.#stop.signal.aborted) break;
      if (item) {
        seq = item.seq;
        await this.#store(item.value);
      } else {
        await this.#storeNewest();
      }
    }
    stopListening();
  }

  /** The next upload; undefined when it is time to store the newest without one. */
  #nextUpload(seq: number): Promise<{ seq: number; value: LiveFrame } | undefined> {
    const { uploads, demand } = this.#camera;
    this.#wake = new AbortController();
    const ended = AbortSignal.any([this.#wake.signal, this.#stop.signal]);
    if (this.#storedNewest) return uploads.next(seq, ended).catch(() => undefined);
    return within(
      this.#options.clock,
      silentAfter(demand.value?.interval ?? 0),
      (timeout) => uploads.next(seq, AbortSignal.any([timeout, ended])),
    );
  }

  get #storedNewest(): boolean {
    return (this.#camera.uploads.value?.version ?? 0) <= this.#stored;
  }

  async #store(frame: LiveFrame): Promise<void> {
    const { clock, keyframeMs } = this.#options;
    this.#keyframeAt ??= await this.#takeOver();
    const persist = persistFrame({
      sinceKeyframeMs: clock.monotonic() - this.#keyframeAt,
      keyframeMs,
      intervalMs: this.#camera.demand.value?.interval ?? 0,
      viewersElsewhere: this.#camera.viewersElsewhere,
    });
    if (persist !== "nothing") await this.#put(frame, persist === "keyframe");
  }

  async #storeNewest(): Promise<void> {
    const frame = this.#camera.uploads.value;
    if (frame && !this.#storedNewest) await this.#put(frame, false);
  }

  /** When the last keyframe was, whichever instance made it; cleans up after that instance. */
  async #takeOver(): Promise<number> {
    const { store, clock, onStoreError } = this.#options;
    const { cam } = this.#camera;
    try {
      await store.prune(cam);
      const [last] = await store.keyframes(cam, { limit: 1 });
      return last ? clock.monotonic() - Math.max(0, clock.now() - last.version) : -Infinity;
    } catch (error) {
      onStoreError(`take over ${cam}`, error);
      return -Infinity;
    }
  }

  async #put(frame: LiveFrame, keyframe: boolean): Promise<void> {
    const { store, clock, onStoreError } = this.#options;
    try {
      const result = await store.put(frame, { keyframe });
      this.#stored = result.ok ? frame.version : result.newest;
      if (!result.ok) this.#camera.raise(result.newest);
      else if (keyframe) this.#keyframeAt = clock.monotonic();
    } catch (error) {
      onStoreError(`store a frame of ${frame.cam}`, error);
    }
  }
}
