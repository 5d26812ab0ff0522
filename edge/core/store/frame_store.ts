// What the edge needs kept: the newest frame of each camera, and history frames. One contract suite
// (shared/testing/frame_store_contract.ts) holds every implementation to it.

import type { Clock } from "../../../shared/clock.ts";
import type { Frame, FrameMeta } from "../../../shared/frame.ts";
import type { About } from "../../../shared/wire.ts";

export interface Head extends FrameMeta {
  readonly about?: About;
}

export interface PutOptions {
  readonly history: boolean;
  /** Told of the camera; where nothing is, what was told before stays. */
  readonly about?: About;
}

export interface PutResult {
  readonly ok: boolean;
  readonly newest: number;
}

/** Both ends included. Default: from 0, without an end. */
export interface VersionRange {
  readonly from?: number;
  readonly to?: number;
  /** The newest of them. Default 1000. */
  readonly limit?: number;
}

/** A call that the store failed at, through no fault of the caller. */
export class StoreFailure extends Error {
  override name = "StoreFailure";
}

/** Whether the store answers, and how often it was asked. */
export interface StoreState {
  /** What keeps the pictures: `kv`, `sqlite` or `memory`, and what else is to be known of it. */
  readonly kind: string;
  /** In one line why it does not answer, from the first call without an answer until the next one answered. */
  readonly problem?: string;
  /** Calls under way, those past their deadline included. */
  readonly pending: number;
  /** Calls that were answered since the start. */
  readonly reads: number;
  readonly writes: number;
}

/**
 * Keeps frames. Every call ends by its deadline, with a `StoreFailure` where the store is to blame;
 * no call retries.
 */
export interface FrameStore {
  readonly state: StoreState;
  /** Ms between two writes of a newest frame that nobody asks for: Infinity where writes are billed. */
  readonly newestEveryMs: number;
  /**
   * Makes `frame` the newest of its camera. Readers see the frame before or this one, never a mixture.
   * Writes nothing where a head of that version or a newer one is stored already.
   */
  put(frame: Frame, options: PutOptions): Promise<PutResult>;
  head(cam: string): Promise<Head | undefined>;
  newest(cam: string): Promise<Frame | undefined>;
  /** One frame by version: the newest or a history frame. */
  get(cam: string, version: number): Promise<Frame | undefined>;
  cams(): Promise<string[]>;
  /** History frames in a range that are not past the retention, newest first. */
  history(cam: string, range: VersionRange): Promise<FrameMeta[]>;
  /** Deletes what is past the retention, and what a writer left half written. */
  prune(cam: string): Promise<void>;
  /** Deletes a camera with all its frames. Where it goes on sending, it is there again. */
  forget(cam: string): Promise<void>;
  close(): void;
}

/** A clock that was set may be set back: nothing is deleted by it until it has held for so long, ms. */
const HELD_MS = 3_600_000;

/** What a clock may be corrected by without having been set, ms. */
const CORRECTED_MS = 60_000;

/**
 * Makes what says whether the wall clock has held for long, so that it may be deleted by. A program may
 * start while it is wrong: only a frame that was stored a short while ago says that it is not. To be
 * asked before each frame that is stored, with the `receivedAt` of the one before.
 */
export function heldClock(clock: Clock): (receivedAt: number | undefined) => boolean {
  /** Wall time less monotonic time, at the last look. */
  let known: number | undefined;
  let setAt = -Infinity;
  return function holds(receivedAt) {
    const at = clock.monotonic();
    const now = clock.now();
    const offset = now - at;
    const sinceMs = now - (receivedAt ?? -Infinity);
    const isSame = known === undefined
      ? sinceMs < HELD_MS
      : Math.abs(offset - known) <= CORRECTED_MS;
    // What was stored in the future was stored by a clock that was right.
    if (!isSame || sinceMs <= -HELD_MS) setAt = at;
    known = offset;
    return at - setAt >= HELD_MS;
  };
}
