// Decides when a camera that says nothing is wrong has stopped giving pictures. Pure: times are
// monotonic ms that the caller reads from its clock.

/** Same pictures in a row after which a camera counts as frozen. */
export const FROZEN_FRAMES = 30;

/** Doublings of {@link FROZEN_FRAMES} while restarts bring the same picture again. */
const FROZEN_DOUBLINGS = 6;

/** What the watchdog goes by. */
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
 * @param stallMs Overrides the stall limit of 4 frames and 2 s, at least 5 s.
 */
export function watchdogLimits(fps: number, stallMs?: number): WatchdogLimits {
  return {
    firstFrameMs: 10_000 + 12_000 / fps,
    stallMs: stallMs ?? Math.max(5000, 4000 / fps + 2000),
  };
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

  /** A whole frame came. */
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
      : `no picture for ${seconds(this.#limits.stallMs)}`;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/**
 * Notices a camera that repeats one picture: sensor noise makes two equal frames all but
 * impossible. Kept over restarts, so that a picture which truly never changes (a lens cap on, a
 * perfectly black night) does not restart the camera all night long.
 */
export class FrozenDetector {
  #last: Uint8Array | undefined;
  #same = 0;
  #doublings = 0;

  /**
   * Takes the next frame.
   *
   * @returns How many frames in a row were the same, once that is too many; otherwise 0.
   */
  frame(jpeg: Uint8Array): number {
    const repeated = this.#last !== undefined && sameTail(this.#last, jpeg);
    this.#last = jpeg;
    if (!repeated) {
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
  if (a.length !== b.length) return false;
  for (let i = a.length - 1; i >= a.length >> 1; i--) if (a[i] !== b[i]) return false;
  return true;
}
