// Brings uploaded frames to the store, by demand, because stored frames cost and wear: newest wins, one
// write under way per camera. A store that fails costs nobody a live frame; what could not be written is
// overtaken by what comes next.

import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { FrameStore } from "./frame_store.ts";

/** How a frame that has just come is stored. A keyframe may be early if the next would be later. */
export function persistFrame(
  input: {
    readonly sinceKeyframeMs: number;
    readonly keyframeMs: number;
    readonly intervalMs: number;
    readonly viewersElsewhere: number;
    /** Since the newest was stored, and how much that may be. */
    readonly sinceNewestMs: number;
    readonly newestEveryMs: number;
  },
): "keyframe" | "newest" | "nothing" {
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

export type StoreWriter = ReturnType<typeof storeWriter>;

/** Writes one camera's uploads until it is stopped. `onStoreError` is told of each call that fails. */
export function storeWriter(
  camera: CameraHub,
  { store, clock, keyframeMs, onStoreError }: {
    readonly store: FrameStore;
    readonly clock: Clock;
    readonly keyframeMs: number;
    onStoreError(action: string, error: unknown): void;
  },
) {
  const { cam } = camera;
  /** Set when there is something to decide: one wake-up for all reasons. */
  const look = new Latest<undefined>();
  /** The newest frame that came to this instance itself. */
  let uploaded: LiveFrame | undefined;
  /** Monotonic ms; undefined until the store was asked. */
  let keyframeAt: number | undefined;
  let storedVersion = 0;
  /** Monotonic ms. */
  let storedAt = -Infinity;
  let newestWanted = false;
  let silent = false;
  let watched = false;
  camera.latest.onSet(({ value }) => {
    if (!value.own) return;
    uploaded = value;
    look.set(undefined);
  });
  // Viewers of another instance want the newest frame at once, not the next one.
  camera.demand.onSet(() => {
    const before = watched;
    watched = camera.viewers.elsewhere > 0;
    if (watched && !before) wantNewest();
  });
  const running = run();
  return { step, stop, flush };

  /** Stores the newest frame of a camera that fell silent. To be called every second or so. */
  function step(): void {
    if (camera.contact.sinceUploadMs >= silentAfter(camera.intervalMs)) silent = true;
    const due = silent || clock.monotonic() - storedAt >= newestEveryMs();
    if (due && unstored()) wantNewest();
  }

  async function stop(): Promise<void> {
    look.close();
    await running;
  }

  /** Stops, and stores the last frame if it is not stored yet. */
  async function flush(): Promise<void> {
    await stop();
    await storeNewest();
  }

  async function run(): Promise<void> {
    let decided: LiveFrame | undefined;
    for (let looked = 0;;) {
      try {
        looked = (await look.next(looked)).seq;
      } catch {
        return;
      }
      const frame = uploaded;
      if (frame && frame !== decided) {
        decided = frame;
        await decide(frame);
      }
      if (!newestWanted) continue;
      newestWanted = false;
      await storeNewest();
    }
  }

  function wantNewest(): void {
    newestWanted = true;
    look.set(undefined);
  }

  /** The newest upload, where neither it nor a newer frame is stored. */
  function unstored(): LiveFrame | undefined {
    return uploaded && uploaded.version > storedVersion ? uploaded : undefined;
  }

  /** How often the newest is stored although nobody asks for it, ms. */
  function newestEveryMs(): number {
    return Math.min(store.newestEveryMs, camera.toldEveryMs);
  }

  async function decide(frame: LiveFrame): Promise<void> {
    const arrived = keyframeAt === undefined;
    const back = silent;
    silent = false;
    keyframeAt ??= await lastKeyframe();
    const now = clock.monotonic();
    const persist = persistFrame({
      sinceKeyframeMs: now - keyframeAt,
      keyframeMs,
      intervalMs: camera.intervalMs,
      viewersElsewhere: camera.viewers.elsewhere,
      sinceNewestMs: now - storedAt,
      newestEveryMs: newestEveryMs(),
    });
    // The first is stored in any case: other instances learn from it that the camera lives.
    if (persist !== "nothing" || arrived || back) await put(frame, persist === "keyframe");
    // Only after the first write of this instance: then what a dead writer left unfinished is older than
    // the head, and can go.
    if (arrived) await ask(`clean up after ${cam}`, store.prune(cam));
  }

  async function storeNewest(): Promise<void> {
    const frame = unstored();
    if (frame) await put(silent ? { ...frame, silent: true } : frame, false);
  }

  /** When the last keyframe was, whichever instance made it; monotonic ms. */
  async function lastKeyframe(): Promise<number> {
    const [last] = await ask(`take over ${cam}`, store.history(cam, { limit: 1 })) ?? [];
    return last ? clock.monotonic() - Math.max(0, clock.now() - last.version) : -Infinity;
  }

  async function put(frame: LiveFrame, history: boolean): Promise<void> {
    storedAt = clock.monotonic();
    const result = await ask(
      `store a frame of ${cam}`,
      store.put(frame, { history, about: camera.about }),
    );
    if (!result) return;
    storedVersion = result.newest;
    if (!result.ok) camera.raise(result.newest);
    else if (history) keyframeAt = clock.monotonic();
  }

  /** What the store answers; undefined where it fails, which is told. */
  async function ask<T>(action: string, answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      onStoreError(action, error);
      return undefined;
    }
  }
}
