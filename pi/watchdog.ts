// Decides when a camera that says nothing is wrong has stopped giving pictures. Pure: times are
// monotonic ms that the caller reads from its clock.

import { Buffer } from "node:buffer";

/** Ms for which a camera on the network may repeat one picture before that is said. */
export const REPEATED_MS = 300_000;

/** Ms between pictures that a camera on the network always gets: it may be slow, and its network too. */
const NETWORK_STALL_MS = 15_000;

/** Same pictures in a row after which a camera counts as frozen. */
export const FROZEN_FRAMES = 30;

/** Doublings of {@link FROZEN_FRAMES} while restarts bring the same picture again. */
const FROZEN_DOUBLINGS = 6;

export interface WatchdogLimits {
  /** Ms from start to the first whole frame. */
  readonly firstFrameMs: number;
  /** Ms between whole frames. */
  readonly stallMs: number;
}

/**
 * The limits for a capture rate: an rpicam needs about 2 s and 8 frames before its first picture.
 *
 * @param fps Frames a second.
 * @param set Overrides the stall limit of 4 frames and 2 s, at least 5 s.
 */
export function watchdogLimits(fps: number, set?: number, onNetwork = false): WatchdogLimits {
  const stallMs = set ?? Math.max(onNetwork ? NETWORK_STALL_MS : 5000, 4000 / fps + 2000);
  return { firstFrameMs: Math.max(10_000 + 12_000 / fps, stallMs), stallMs };
}

/** Watches one run of a camera. */
export class Watchdog {
  readonly #limits: WatchdogLimits;
  readonly #startedAt: number;
  #lastFrameAt: number | undefined;

  /** @param now Monotonic ms of the start. */
  constructor(limits: WatchdogLimits, now: number) {
    this.#limits = limits;
    this.#startedAt = now;
  }

  frame(now: number): void {
    this.#lastFrameAt = now;
  }

  /** When it is too late for the next frame; monotonic ms. */
  get deadline(): number {
    return this.#lastFrameAt === undefined
      ? this.#startedAt + this.#limits.firstFrameMs
      : this.#lastFrameAt + this.#limits.stallMs;
  }

  /** What is wrong once the deadline has passed. */
  get problem(): string {
    return this.#lastFrameAt === undefined
      ? `no picture within ${seconds(this.#limits.firstFrameMs)} of starting the camera`
      : `no picture for ${seconds(this.#limits.stallMs)}, the most that PERCH_STALL_S allows`;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/**
 * Notices a camera that repeats one picture: sensor noise makes two equal frames all but
 * impossible. Cameras on the network give one again while they have no newer. Kept over restarts, so that a picture which truly never changes (a lens cap on, a
 * perfectly black night) does not restart the camera all night long.
 */
export class FrozenDetector {
  #last: Uint8Array | undefined;
  #since = 0;
  #same = 0;
  #doublings = 0;

  /** When the picture of now came first; monotonic ms. */
  get since(): number {
    return this.#since;
  }

  /**
   * Takes the next frame.
   *
   * @param now Monotonic ms.
   * @returns How many frames in a row were the same, once that is too many; otherwise 0.
   */
  frame(jpeg: Uint8Array, now: number): number {
    const repeated = this.#last !== undefined && sameTail(this.#last, jpeg);
    this.#last = jpeg;
    if (!repeated) {
      this.#since = now;
      this.#same = this.#doublings = 0;
      return 0;
    }
    this.#same++;
    if (this.#same + 1 < FROZEN_FRAMES * 2 ** this.#doublings) return 0;
    const frames = this.#same + 1;
    this.#same = 0;
    this.#doublings = Math.min(this.#doublings + 1, FROZEN_DOUBLINGS);
    return frames;
  }
}

/** Whether the second halves are equal: the first holds metadata, which may carry the time. */
function sameTail(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length &&
    Buffer.compare(a.subarray(a.length >> 1), b.subarray(b.length >> 1)) === 0;
}
