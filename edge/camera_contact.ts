// Whether a camera speaks to this instance or to another one. Platforms move a camera from one
// instance to the next without a word; all there is to see is that its frames stay away.

import type { Clock } from "../shared/clock.ts";

/** What the decision is made from. Ms; Infinity for never. */
export interface ReceivingInput {
  readonly sinceUploadMs: number;
  /** Between the last two uploads; 0 where there were no two together. */
  readonly uploadGapMs: number;
  /** Asked of the camera now. */
  readonly intervalMs: number;
  /** Since the camera was last asked to hurry. */
  readonly sinceHurryMs: number;
  /** Asked of the camera before that. */
  readonly intervalBeforeMs: number;
}

/** How long a camera may take to answer before its frames are looked for elsewhere, ms. */
const GRACE_MS = 2000;

/** Intervals that may pass without a frame. */
const MISSED = 3;

/** Whether the camera's frames come to this instance. */
export function isReceiving(input: ReceivingInput): boolean {
  const { sinceUploadMs, sinceHurryMs } = input;
  const hurrying = sinceHurryMs < sinceUploadMs;
  const askedMs = hurrying ? input.intervalBeforeMs : input.intervalMs;
  const limitMs = Math.max(GRACE_MS, MISSED * Math.max(askedMs, input.uploadGapMs));
  return sinceUploadMs <= limitMs && (!hurrying || sinceHurryMs <= GRACE_MS);
}

/** Uploads further apart tell nothing of a camera's rate: in between it was elsewhere, ms. */
const ABSENT_MS = 10_000;

/** For how long a camera that was heard here is expected to ask here again, ms. */
const CONTACT_MS = 90_000;

/**
 * A load balancer may give each upload to another instance. One that was left out once is taken for
 * left out again within this time, ms.
 */
const SHARED_MS = 60_000;

/** One camera's uploads to this instance and its questions to it. */
export class CameraContact {
  readonly #clock: Clock;
  #uploadAt = -Infinity;
  #uploadGapMs = 0;
  #intervalMs = 0;
  #intervalBeforeMs = 0;
  #hurryAt = -Infinity;
  #heardAt = -Infinity;
  #leftOutAt = -Infinity;
  #listening = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called for every frame that the camera brought here. */
  uploaded(): void {
    const now = this.#clock.monotonic();
    const gapMs = now - this.#uploadAt;
    this.#uploadGapMs = gapMs < ABSENT_MS ? gapMs : 0;
    this.#uploadAt = this.#heardAt = now;
  }

  /** To be called when another interval is asked of the camera. */
  asked(intervalMs: number): void {
    if (intervalMs < this.#intervalMs) {
      this.#hurryAt = this.#clock.monotonic();
      this.#intervalBeforeMs = this.#intervalMs;
    }
    this.#intervalMs = intervalMs;
  }

  /**
   * Counts a request or socket through which the camera is told at once what is asked of it.
   *
   * @returns What to call, once, when it has ended.
   */
  listen(): () => void {
    this.#listening++;
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      this.#listening--;
      this.#heardAt = this.#clock.monotonic();
    };
  }

  /** To be called when a frame stayed away that was due here, or went to another instance. */
  leftOut(): void {
    this.#leftOutAt = this.#clock.monotonic();
  }

  /** Whether some of the camera's frames seem to go to other instances. */
  get shared(): boolean {
    return this.#clock.monotonic() - this.#leftOutAt < SHARED_MS;
  }

  /** Whether the camera's frames come here. */
  get receiving(): boolean {
    const now = this.#clock.monotonic();
    return isReceiving({
      sinceUploadMs: now - this.#uploadAt,
      uploadGapMs: this.#uploadGapMs,
      intervalMs: this.#intervalMs,
      sinceHurryMs: now - this.#hurryAt,
      intervalBeforeMs: this.#intervalBeforeMs,
    });
  }

  /** Whether the camera knows, or is told at once, what is asked of it here. */
  get reached(): boolean {
    return this.#listening > 0 || this.#uploadAt >= this.#hurryAt;
  }

  /** Whether the camera asks this instance what is wanted, or did so lately. */
  get inTouch(): boolean {
    const silentMs = this.#clock.monotonic() - this.#heardAt;
    return this.#listening > 0 || silentMs <= Math.max(CONTACT_MS, MISSED * this.#intervalMs);
  }
}
