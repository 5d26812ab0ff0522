// What a camera's uploads tell: which are late, how many come a second, whether two programs send
// them, and whether they come to this instance or to another one.

import type { Clock } from "../../../shared/clock.ts";
import type { CameraSeq } from "../../../shared/wire.ts";

/** Whether an upload is newer than the last one of its session. */
export type OrderVerdict = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/** Remembers the newest upload of the newest session. */
export class UploadOrder {
  #last: CameraSeq | undefined;

  /** Judges without remembering, so that a refused upload can be sent again. */
  check(seq: CameraSeq | undefined): OrderVerdict {
    const last = this.#last;
    if (!seq || !last || seq.session !== last.session || seq.n > last.n) return { ok: true };
    return {
      ok: false,
      detail:
        `Frame ${seq.n} came after frame ${last.n} of the same session: send only newer ones.`,
    };
  }

  /** Remembers an upload that was taken. */
  note(seq: CameraSeq | undefined): void {
    if (seq) this.#last = seq;
  }
}

/** What the owner is told. */
export const TWO_PROGRAMS: string =
  "Two programs publish as this camera: give each its own PERCH_CAM, or stop one of them.";

/** An old session that comes back within this time is a second program, ms. */
const COMES_BACK_MS = 60_000;

/** Watches the sessions of one camera's uploads. Times are monotonic ms. */
export class Rivals {
  #current: string | undefined;
  #currentAt = 0;
  #before: string | undefined;
  #beforeAt = 0;
  #until = -Infinity;

  /**
   * Notes an upload.
   *
   * @returns Whether it is now that a second program has shown.
   */
  note(session: string, now: number): boolean {
    if (session !== this.#current) {
      const back = session === this.#before && now - this.#beforeAt < COMES_BACK_MS;
      [this.#before, this.#beforeAt] = [this.#current, this.#currentAt];
      this.#current = session;
      if (back) {
        const began = !this.active(now);
        this.#until = now + COMES_BACK_MS;
        this.#currentAt = now;
        return began;
      }
    }
    this.#currentAt = now;
    return false;
  }

  /** Whether two programs published within the last minute. */
  active(now: number): boolean {
    return now < this.#until;
  }
}

const WINDOW_MS = 10_000;

/** Measures a rate over a sliding window. */
export class FrameRate {
  #arrivals: number[] = [];

  /** @param now Monotonic ms of an arrival. */
  add(now: number): void {
    this.#arrivals.push(now);
    if (this.#arrivals.length > 64 && this.#arrivals[32] < now - WINDOW_MS) {
      this.#arrivals = this.#arrivals.filter((at) => at > now - WINDOW_MS);
    }
  }

  /** Frames a second, to one decimal; 0 with fewer than two frames in the window. */
  perSecond(now: number): number {
    const recent = this.#arrivals.filter((at) => at > now - WINDOW_MS);
    if (recent.length < 2) return 0;
    const span = now - recent[0];
    return span > 0 ? Math.round((recent.length - 1) / span * 10_000) / 10 : 0;
  }
}

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
