// The demo's store: the ordinary one in memory, with a day in it that never was. So timeline and film
// are there in the first minute. What the pictures show says that they are a pattern.

import type { Frame, FrameMeta } from "../../frame.ts";
import { MemoryStore } from "../../../edge/core/store/memory_store.ts";
import type { PutResult, VersionRange } from "../../../edge/core/store/frame_store.ts";
import { createPicture } from "../../../pi/source/pattern.ts";
import type { Clock } from "../../clock.ts";

/** As the pattern camera sends them. */
const WIDTH = 1280;
const HEIGHT = 720;
const QUALITY = 60;

/** How far back it goes, and between two pictures, ms: so many are drawn in two seconds or three. */
const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 10 * 60_000;

/** How the day is drawn. */
export interface DayOptions {
  /** Whose day it is. */
  readonly cam: string;
  readonly clock: Clock;
  /** How long pictures are kept: a shorter past is a shorter day. Ms. */
  readonly retentionMs: number;
  /** Ends the drawing half way. */
  readonly signal: AbortSignal;
}

/** Keeps pictures in memory. The past is there when all of it is; live pictures wait for nothing. */
export class DemoStore extends MemoryStore {
  readonly #day: Promise<void>;

  constructor(options: DayOptions) {
    super(options);
    // Where it cannot be drawn the camera cannot draw either, and says why.
    this.#day = this.#draw(options).catch(() => {});
  }

  override async put(frame: Frame, how: { readonly history: boolean }): Promise<PutResult> {
    await this.#day;
    return await super.put(frame, how);
  }

  override async history(cam: string, range: VersionRange): Promise<FrameMeta[]> {
    await this.#day;
    return await super.history(cam, range);
  }

  async #draw({ cam, clock, retentionMs, signal }: DayOptions): Promise<void> {
    const draw = await createPicture(WIDTH, HEIGHT);
    const now = clock.now();
    const day: Frame[] = [];
    for (
      let at = now - Math.min(DAY_MS, retentionMs);
      at < now && !signal.aborted;
      at += EVERY_MS
    ) {
      const jpeg = new Uint8Array(await draw({ now: at, frame: day.length + 1 }, QUALITY));
      const meta = { version: at, size: jpeg.length, width: WIDTH, height: HEIGHT };
      day.push({ cam, ...meta, capturedAt: at, receivedAt: at, jpeg });
    }
    for (const frame of day) await super.put(frame, { history: true });
  }
}
