// What a camera's uploads tell, and what follows: its state, what is asked of it, which frame is the older
// one, and what the log says. Nothing here asks the store or tells anybody.

import type { Clock } from "../../../shared/clock.ts";
import type { FrameMeta } from "../../../shared/frame.ts";
import type { Log } from "../../../shared/log.ts";
import type { CameraSeq, CameraState, CameraStatus, Demand } from "../../../shared/wire.ts";

export const TWO_PROGRAMS: string =
  "Two programs publish as this camera: give each its own PERCH_CAM, or stop one of them.";

/** An old session that comes back within this time is a second program, ms. */
const COMES_BACK_MS = 60_000;

/** The sessions of one camera's uploads, each a run of its program. Times are monotonic ms. */
export class Sessions {
  #last: CameraSeq | undefined;
  #lastAt = 0;
  #before: string | undefined;
  #beforeAt = 0;
  #rivalsUntil = -Infinity;

  /** What is wrong with a late upload. Nothing is remembered: what is refused can be sent again. */
  problem(seq: CameraSeq | undefined): string | undefined {
    const last = this.#last;
    if (!seq || !last || seq.session !== last.session || seq.n > last.n) return undefined;
    return `Frame ${seq.n} came after frame ${last.n} of the same session: send only newer ones.`;
  }

  /** Notes an upload that is published. @returns Whether it is now that a second program has shown. */
  note(seq: CameraSeq, now: number): boolean {
    const changed = seq.session !== this.#last?.session;
    const back = changed && seq.session === this.#before && now - this.#beforeAt < COMES_BACK_MS;
    if (changed) [this.#before, this.#beforeAt] = [this.#last?.session, this.#lastAt];
    [this.#last, this.#lastAt] = [seq, now];
    if (!back) return false;
    const known = this.rivals(now);
    this.#rivalsUntil = now + COMES_BACK_MS;
    return !known;
  }

  rivals(now: number): boolean {
    return now < this.#rivalsUntil;
  }
}

const WINDOW_MS = 10_000;

export class FrameRate {
  readonly #arrivals: number[] = [];

  add(now: number): void {
    this.#arrivals.push(now);
    while (this.#arrivals[0] <= now - WINDOW_MS) this.#arrivals.shift();
  }

  /** Frames a second, to one decimal; 0 with fewer than two frames in the window. */
  perSecond(now: number): number {
    const first = this.#arrivals.findIndex((at) => at > now - WINDOW_MS);
    const count = first < 0 ? 0 : this.#arrivals.length - first;
    const span = now - this.#arrivals[first];
    return count > 1 && span > 0 ? Math.round((count - 1) / span * 10_000) / 10 : 0;
  }
}

/** How long a camera may take to answer before its frames are looked for elsewhere, ms. */
const GRACE_MS = 2000;

/** Intervals that may pass without a frame. */
const MISSED = 3;

/** Uploads further apart tell nothing of a camera's rate: in between it was elsewhere, ms. */
const ABSENT_MS = 10_000;

/** For how long a camera that was heard here is expected to ask here again, ms. */
const CONTACT_MS = 90_000;

/** Uploads may be balanced: an instance that missed one assumes for so long that it misses more, ms. */
const SHARED_MS = 60_000;

export class CameraContact {
  readonly #clock: Clock;
  #uploadAt = -Infinity;
  /** Between the last two uploads; 0 where there were no two together. */
  #uploadGapMs = 0;
  #intervalMs = 0;
  /** When the camera was last asked to hurry, and what was asked of it before. */
  #hurryAt = -Infinity;
  #intervalBeforeMs = 0;
  /** When it heard of that. */
  #toldAt = Infinity;
  #heardAt = -Infinity;
  #leftOutAt = -Infinity;
  #listening = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  uploaded(): void {
    const now = this.#clock.monotonic();
    const gapMs = now - this.#uploadAt;
    this.#uploadGapMs = gapMs < ABSENT_MS ? gapMs : 0;
    this.#uploadAt = this.#heardAt = now;
  }

  get sinceUploadMs(): number {
    return this.#clock.monotonic() - this.#uploadAt;
  }

  asked(intervalMs: number): void {
    if (intervalMs < this.#intervalMs) {
      this.#hurryAt = this.#clock.monotonic();
      this.#intervalBeforeMs = this.#intervalMs;
      this.#toldAt = this.#listening > 0 ? this.#hurryAt : Infinity;
    }
    this.#intervalMs = intervalMs;
  }

  /**
   * Counts a request or socket through which the camera is told at once what is asked of it.
   * @returns What to call, once, when it has ended.
   */
  listen(): () => void {
    this.#listening++;
    this.#toldAt = Math.min(this.#toldAt, this.#clock.monotonic());
    return () => {
      this.#listening--;
      this.#heardAt = this.#clock.monotonic();
    };
  }

  get listening(): number {
    return this.#listening;
  }

  /**
   * Ms after its last frame for which a camera that is to hurry is not late: it goes by what was asked
   * before until it hears of that, and has `onceToldMs` from then on.
   */
  patienceMs(onceToldMs: number): number {
    if (this.#uploadAt === -Infinity || this.#hurryAt <= this.#uploadAt) return 0;
    const toldMs = Math.min(this.#toldAt, this.#clock.monotonic()) - this.#uploadAt;
    return Math.min(toldMs + onceToldMs, MISSED * this.#intervalBeforeMs);
  }

  /** To be called when a frame stayed away that was due here, or went to another instance. */
  leftOut(): void {
    this.#leftOutAt = this.#clock.monotonic();
  }

  /** Whether some of the camera's frames seem to go to other instances. */
  get shared(): boolean {
    return this.#clock.monotonic() - this.#leftOutAt < SHARED_MS;
  }

  get receiving(): boolean {
    const now = this.#clock.monotonic();
    const hurrying = this.#hurryAt > this.#uploadAt;
    const askedMs = hurrying ? this.#intervalBeforeMs : this.#intervalMs;
    const limitMs = Math.max(GRACE_MS, MISSED * Math.max(askedMs, this.#uploadGapMs));
    return now - this.#uploadAt <= limitMs && (!hurrying || now - this.#hurryAt <= GRACE_MS);
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

export interface StateInput {
  /** Ms since the newest picture was taken; undefined where there never was one. */
  readonly ageMs: number | undefined;
  readonly intervalMs: number;
  readonly watched: boolean;
  readonly staleMs: number;
  /** Ms by which the newest frame known here may be behind the camera's, which go elsewhere. */
  readonly lagMs: number;
  /** Ms for which a camera is not late that was asked for few pictures and has not heard of more. */
  readonly patienceMs: number;
}

/** After this many times the stale age a camera is called offline. */
const OFFLINE_FACTOR = 10;

/** The age from which on a picture is not believed to be now, ms. */
export function staleFrom(input: Pick<StateInput, "staleMs" | "intervalMs" | "lagMs">): number {
  return Math.max(input.staleMs, 3 * input.intervalMs) + input.lagMs;
}

/** The state of a camera, and ms until it is another one if nothing comes. */
export function cameraState(input: StateInput): { state: CameraState; forMs: number } {
  const { ageMs, watched, patienceMs } = input;
  if (ageMs === undefined) return { state: "offline", forMs: Infinity };
  const fresh = staleFrom(input);
  if (watched && ageMs < fresh) return { state: "live", forMs: fresh - ageMs };
  // One that is still to wake is idle, however old its picture.
  const late = Math.max(fresh, patienceMs);
  if (ageMs < late) return { state: "idle", forMs: late - ageMs };
  const lost = OFFLINE_FACTOR * late;
  return ageMs < lost
    ? { state: "stale", forMs: lost - ageMs }
    : { state: "offline", forMs: Infinity };
}

/** Whether nothing changed that is worth a message: the frames' own numbers change with each one. */
export function sameForPeople(a: CameraStatus, b: CameraStatus | undefined): boolean {
  return a.state === b?.state && a.viewers === b.viewers && a.intervalMs === b.intervalMs &&
    a.lastError === b.lastError;
}

/** What to ask of a camera that so many watch: at most `PERCH_FPS`, and little for nobody. */
export function wantedDemand(viewers: number, fps: number, idleIntervalMs: number): Demand {
  const active = Math.round(1000 / fps);
  return { viewers, interval: viewers > 0 ? active : Math.max(active, idleIntervalMs) };
}

/** Whether a frame of a higher version is the older picture: instances' clocks differ, and make versions. */
export function isOvertaken(
  { seq }: Pick<FrameMeta, "seq">,
  newest: Pick<FrameMeta, "seq"> | undefined,
): boolean {
  return seq !== undefined && seq.session === newest?.seq?.session && seq.n < newest.seq.n;
}

/** What the log said last of a camera; empty before anything was said. */
export interface LoggedState {
  readonly lost?: "stale" | "offline";
  readonly error?: string;
}

export function logState(log: Log, status: CameraStatus, before: LoggedState): LoggedState {
  const { cam, state, ageMs, lastError: error } = status;
  const seen = ageMs !== undefined;
  const lost = seen && (state === "stale" || state === "offline") ? state : undefined;
  if (lost !== before.lost) {
    if (lost) log.warn("no signal", { cam, state: lost, seconds: Math.round(ageMs! / 1000) });
    else log.info("the signal is back", { cam });
  }
  if (error !== before.error) {
    if (error) log.warn("the camera is in trouble", { cam, error });
    else log.info("the camera is well again", { cam });
  }
  return { lost, error };
}
