// Brings uploaded frames to the store, by demand, because stored frames cost and wear: newest wins, one
// write under way per camera. A store that fails costs nobody a live frame; what could not be written is
// overtaken by what comes next.

import type { CameraHub } from "../cameras/camera.ts";
import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { FrameStore } from "./frame_store.ts";

/** What the decision is made from. */
export interface PersistInput {
  /** Infinity where there was none. */
  readonly sinceKeyframeMs: number;
  readonly keyframeMs: number;
  readonly intervalMs: number;
  readonly viewersElsewhere: number;
  /** Since the newest was stored, and how much that may be. */
  readonly sinceNewestMs: number;
  readonly newestEveryMs: number;
}

/**
 * How a frame that has just come is stored: as a keyframe, as the newest only, or not at all. A
 * keyframe may be early if the next would be later.
 */
export function persistFrame(input: PersistInput): "keyframe" | "newest" | "nothing" {
  const { sinceKeyframeMs, keyframeMs, intervalMs } = input;
  const earlyMs = Math.min(intervalMs, keyframeMs) / 2;
  if (sinceKeyframeMs >= keyframeMs - earlyMs) return "keyframe";
  const due = input.viewersElsewhere > 0 || input.sinceNewestMs >= input.newestEveryMs;
  return due ? "newest" : "nothing";
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
  readonly staleMs: number;
  /** Told when a call to the store fails. */
  onStoreError(action: string, error: unknown): void;
}

/** Writes one camera's uploads until it is stopped. */
export class StoreWriter {
  readonly #camera: CameraHub;
  readonly #options: StoreWriterOptions;
  /** Set when there is something to decide: one wake-up for all reasons. */
  readonly #look: Latest<undefined> = new Latest();
  readonly #running: Promise<void>;
  /** The newest frame that came to this instance itself. */
  #uploaded: LiveFrame | undefined;
  /** Monotonic ms; undefined until the store was asked. */
  #keyframeAt: number | undefined;
  #storedVersion = 0;
  /** Monotonic ms. */
  #storedAt = -Infinity;
  #newestWanted = false;
  /** Whether uploads stay away that were due here. */
  #silent = false;

  constructor(camera: CameraHub, options: StoreWriterOptions) {
    this.#camera = camera;
    this.#options = options;
    camera.latest.onSet(({ value }) => {
      if (!value.own) return;
      this.#uploaded = value;
      this.#look.set(undefined);
    });
    // Viewers of another instance want the newest frame at once, not the next one.
    let watched = false;
    camera.demand.onSet(() => {
      const before = watched;
      watched = camera.viewers.elsewhere > 0;
      if (watched && !before) this.#wantNewest();
    });
    this.#running = this.#run();
  }

  /** Stores the newest frame of a camera that fell silent. To be called every second or so. */
  step(): void {
    const { contact, intervalMs } = this.#camera;
    if (contact.sinceUploadMs >= silentAfter(intervalMs)) this.#silent = true;
    const due = this.#silent || this.#sinceNewestMs >= this.#newestEveryMs;
    if (due && this.#unstored) this.#wantNewest();
  }

  async stop(): Promise<void> {
    this.#look.close();
    await this.#running;
  }

  /** Stops, and stores the last frame if it is not stored yet. */
  async flush(): Promise<void> {
    await this.stop();
    await this.#storeNewest();
  }

  async #run(): Promise<void> {
    let looked = 0;
    let decided: LiveFrame | undefined;
    for (;;) {
      try {
        looked = (await this.#look.next(looked)).seq;
      } catch {
        return;
      }
      const frame = this.#uploaded;
      if (frame && frame !== decided) {
        decided = frame;
        await this.#decide(frame);
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

  /** The newest upload, where neither it nor a newer frame is stored. */
  get #unstored(): LiveFrame | undefined {
    const frame = this.#uploaded;
    return frame && frame.version > this.#storedVersion ? frame : undefined;
  }

  get #sinceNewestMs(): number {
    return this.#options.clock.monotonic() - this.#storedAt;
  }

  /** How often the newest is stored although nobody asks for it, ms. */
  get #newestEveryMs(): number {
    const { store, staleMs } = this.#options;
    // The other instances that get the camera's frames in turn must not take it for dead meanwhile.
    return this.#camera.contact.shared
      ? Math.min(store.newestEveryMs, staleMs / 3)
      : store.newestEveryMs;
  }

  async #decide(frame: LiveFrame): Promise<void> {
    const { store, clock, keyframeMs } = this.#options;
    const { cam, intervalMs } = this.#camera;
    const arrived = this.#keyframeAt === undefined;
    const back = this.#silent;
    this.#silent = false;
    this.#keyframeAt ??= await this.#lastKeyframe();
    const persist = persistFrame({
      sinceKeyframeMs: clock.monotonic() - this.#keyframeAt,
      keyframeMs,
      intervalMs,
      viewersElsewhere: this.#camera.viewers.elsewhere,
      sinceNewestMs: this.#sinceNewestMs,
      newestEveryMs: this.#newestEveryMs,
    });
    // The first is stored in any case: other instances learn from it that the camera lives.
    if (persist !== "nothing" || arrived || back) await this.#put(frame, persist === "keyframe");
    // Only after the first write of this instance: then what a dead writer left unfinished is older than
    // the head, and can go.
    if (arrived) await this.#ask(`clean up after ${cam}`, store.prune(cam));
  }

  async #storeNewest(): Promise<void> {
    const frame = this.#unstored;
    if (frame) await this.#put(this.#silent ? { ...frame, silent: true } : frame, false);
  }

  /** When the last keyframe was, whichever instance made it; monotonic ms. */
  async #lastKeyframe(): Promise<number> {
    const { store, clock } = this.#options;
    const { cam } = this.#camera;
    const [last] = await this.#ask(`take over ${cam}`, store.history(cam, { limit: 1 })) ?? [];
    return last ? clock.monotonic() - Math.max(0, clock.now() - last.version) : -Infinity;
  }

  async #put(frame: LiveFrame, keyframe: boolean): Promise<void> {
    const { store, clock } = this.#options;
    this.#storedAt = clock.monotonic();
    const putting = store.put(frame, { history: keyframe, about: this.#camera.about });
    const result = await this.#ask(`store a frame of ${frame.cam}`, putting);
    if (!result) return;
    this.#storedVersion = result.newest;
    if (!result.ok) this.#camera.raise(result.newest);
    else if (keyframe) this.#keyframeAt = clock.monotonic();
  }

  /** What the store answers; undefined where it fails, which is told. */
  async #ask<T>(action: string, answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      this.#options.onStoreError(action, error);
      return undefined;
    }
  }
}
