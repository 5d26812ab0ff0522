// One camera on this instance: its newest frame, who watches it, and what is asked of it. What goes on
// stands in four slots:
//
//   slot           set by                              heard by
//   latest         uploads, frames of other instances  pollers, records, sockets, store writer, peers
//   displayed      `latest`, "no signal", a repeat     MJPEG streams
//   statusChanges  `tick`                              log, records, sockets
//   demand         viewers who come and go             the camera, store writer, peers

import type { Clock } from "../../../shared/clock.ts";
import type { Frame, FrameMeta } from "../../../shared/frame.ts";
import { Latest } from "../../../shared/latest.ts";
import type { About, CameraState, CameraStatus, Demand, Report } from "../../../shared/wire.ts";
import {
  CameraContact,
  cameraState,
  FrameRate,
  isOvertaken,
  sameForPeople,
  Sessions,
  staleFrom,
  type StateInput,
  TWO_PROGRAMS,
  wantedDemand,
} from "./state.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/ingest.ts";
import { Viewers } from "./viewers.ts";

/** A stream repeats its last picture after this many ms, so that proxies keep the line. */
const REPEAT_MS = 10_000;

/** Sockets hear of a camera this often, ms, so that silence means a dead line. */
const STATUS_EVERY_MS = 10_000;

/** A frame of another instance that is younger than this came as it was taken, ms. */
const YOUNG_MS = 5000;

/** Normal difference between the clocks of two instances, ms. */
const MAX_SKEW_MS = 5000;

/** A larger jump between two looks at the wall clock means that it was set, ms. */
const MAX_DRIFT_MS = 1000;

/** An equal picture counts as the same one for this long, ms; then it is stored and sent again. */
const SAME_MS = REPEAT_MS;

/** Between two words to viewers that the picture they have is still the picture of now, ms. */
const SAME_TOLD_MS = 2000;

/** For so long a camera may repeat one picture before that is said, ms. */
const FROZEN_MS = 300_000;

const FROZEN = `the same picture for ${FROZEN_MS / 60_000} min or longer: is the camera frozen?`;

export interface CameraHubOptions {
  readonly clock: Clock;
  readonly fps: number;
  readonly idleIntervalMs: number;
  readonly staleMs: number;
  /** How far the newest frame that other instances store may be behind the camera's, ms. */
  readonly storeLagMs: number;
  readonly partTail: Uint8Array;
  /** Told when a second program publishes as this camera. */
  readonly onRivals?: (cam: string) => void;
}

export class CameraHub {
  readonly cam: string;
  /** The camera's number in frame headers of this instance. */
  readonly number: number;
  readonly partTail: Uint8Array;
  readonly latest: Latest<LiveFrame> = new Latest();
  readonly displayed: Latest<LiveFrame> = new Latest();
  readonly statusChanges: Latest<CameraStatus> = new Latest();
  readonly demand: Latest<Demand> = new Latest();
  report: Report | undefined;
  /** Why the last picture that it brought was not taken. */
  refusal: string | undefined;
  /** What people call it, and its time zone: told with its reports, and stored. */
  about: About | undefined;
  readonly contact: CameraContact;
  readonly sessions: Sessions = new Sessions();
  readonly viewers: Viewers;
  skipped = 0;
  sentBytes = 0;

  readonly #options: CameraHubOptions;
  readonly #rate: FrameRate = new FrameRate();
  /** The newest picture as it came last: how old it was then, and when that was (monotonic ms). */
  #heard = { ageMs: 0, at: 0, capturedAt: 0, receivedAt: 0 };
  /** When the newest picture came first, and became the newest version (monotonic ms). */
  #firstAt = 0;
  #publishedAt = 0;
  /** When the store was looked at last, and the newest version it had (monotonic ms). */
  #lookedAt = -Infinity;
  #seenVersion = 0;
  /** Whether the newest picture came again since viewers were told. */
  #repeated = false;
  /** Whether we saw the newest frame, of another instance, arrive in the store. */
  #seenToCome = false;
  #displayedAt = -Infinity;
  #toldAt = -Infinity;
  #floor = 0;
  #following = false;
  /** Wall time less monotonic time, at the last look. */
  #offset: number;

  constructor(cam: string, number: number, options: CameraHubOptions) {
    this.cam = cam;
    this.number = number;
    this.partTail = options.partTail;
    this.#options = options;
    this.#offset = options.clock.now() - options.clock.monotonic();
    this.contact = new CameraContact(options.clock);
    this.viewers = new Viewers(options.clock, () => this.#updateDemand());
    this.#updateDemand();
  }

  /**
   * Makes a frame that the camera brought here the newest, all inside this call. One that repeats the
   * newest byte for byte is no news: that is what is given back.
   */
  publish(buffer: FrameBuffer, meta: FrameMeta): LiveFrame {
    const now = this.#options.clock.monotonic();
    this.contact.uploaded();
    this.refusal = undefined;
    // What it says of a picture that comes holds until it says something else.
    if (this.report?.state !== "running") this.report = undefined;
    if (meta.seq && this.sessions.note(meta.seq, now)) this.#options.onRivals?.(this.cam);
    const newest = this.latest.value;
    const again = newest?.own && areSame(newest.jpeg, buffer.jpeg) &&
      now - this.#publishedAt < SAME_MS && this.lostMs < 0;
    if (!again) return this.#publish(buffer, meta, true);
    this.#repeated = true;
    this.#rate.add(now);
    this.#hear(meta, Infinity);
    return newest;
  }

  /**
   * Publishes a frame that another instance stored, if it is news; `following` = it stores every one,
   * because this one has viewers. @returns Whether the frame is of now.
   */
  publishRemote(frame: Frame, following: boolean): boolean {
    const newest = this.latest.value;
    const seen = frame.version <= this.#seenVersion;
    // What was not there at the last look has come since, whatever the clocks say.
    const sinceMs = seen ? Infinity : this.#sinceLookMs;
    this.looked();
    this.#seenVersion = Math.max(this.#seenVersion, frame.version);
    const young = this.#ageOf(frame, sinceMs) < YOUNG_MS;
    this.#following = following && young;
    if (frame.version <= (newest?.version ?? 0)) return young;
    if (isOvertaken(frame, newest)) this.raise(frame.version);
    else {
      this.#seenToCome = sinceMs < Infinity;
      this.#publish(FrameBuffer.of(frame.jpeg, this.partTail), frame, false, sinceMs);
    }
    return young;
  }

  display(frame: LiveFrame): void {
    this.#displayedAt = this.#options.clock.monotonic();
    this.displayed.set(frame);
  }

  /** The newest version known: published here, or stored by another instance. 0 for none. */
  get newestVersion(): number {
    return Math.max(this.latest.value?.version ?? 0, this.#floor);
  }

  /** Makes versions go on from `version`, which another instance with a faster clock has used. */
  raise(version: number): void {
    this.#floor = Math.max(this.#floor, version);
  }

  /** Ms between two writes of its newest frame at most: who gets frames in turn must not take it for dead. */
  get toldEveryMs(): number {
    return this.contact.shared ? this.#options.staleMs / 3 : Infinity;
  }

  /** The store was asked and had nothing newer. */
  looked(): void {
    this.#lookedAt = this.#options.clock.monotonic();
  }

  tick(): void {
    const now = this.#options.clock.monotonic();
    this.viewers.expire();
    this.#noteClock();
    const displayed = this.displayed.value;
    if (displayed && now - this.#displayedAt >= REPEAT_MS) this.display(displayed);
    const same = sameForPeople(this.status(), this.statusChanges.value);
    const toldEvery = this.#repeated ? SAME_TOLD_MS : STATUS_EVERY_MS;
    if (!same || now - this.#toldAt >= toldEvery) this.#tell();
  }

  /** Ms since the newest picture was taken; undefined before the first. */
  get ageMs(): number | undefined {
    if (!this.latest.value) return undefined;
    // Not from wall time: a clock that is set back would make an old picture look new for hours.
    const { ageMs, at } = this.#heard;
    return Math.round(ageMs + this.#options.clock.monotonic() - at);
  }

  /** Whether the picture may be believed to be now. */
  get state(): CameraState {
    return cameraState(this.#stateInput).state;
  }

  /** For how long the newest picture has been too old to be believed to be now, ms; less than 0 where it is not. */
  get lostMs(): number {
    return this.ageMs === undefined ? -Infinity : this.ageMs - staleFrom(this.#stateInput);
  }

  /** Ms until time alone changes the state; Infinity where it does not. */
  get changesInMs(): number {
    return cameraState(this.#stateInput).forMs;
  }

  get intervalMs(): number {
    return this.demand.value!.interval;
  }

  status(): CameraStatus {
    const now = this.#options.clock.monotonic();
    const frame = this.latest.value;
    const { at, capturedAt, receivedAt } = this.#heard;
    const frozen = at - this.#firstAt >= FROZEN_MS;
    return {
      cam: this.cam,
      state: this.state,
      version: frame?.version,
      ageMs: this.ageMs,
      capturedAt: frame && capturedAt,
      receivedAt: frame && receivedAt,
      size: frame?.size,
      width: frame?.width,
      height: frame?.height,
      fps: this.#rate.perSecond(now),
      intervalMs: this.intervalMs,
      viewers: this.viewers.all,
      lastError: this.report?.error ?? this.#refused ??
        (this.sessions.rivals(now) ? TWO_PROGRAMS : undefined) ??
        (frozen ? FROZEN : undefined),
      ...this.about,
    };
  }

  /** What is wrong with its pictures, where none of them is of now. */
  get #refused(): string | undefined {
    const isOld = !this.latest.value || this.lostMs >= 0;
    return isOld && this.refusal
      ? `its pictures are refused: ${this.refusal}`.slice(0, 500)
      : undefined;
  }

  close(): void {
    const { latest, displayed, statusChanges, demand } = this;
    for (const slot of [latest, displayed, statusChanges, demand]) slot.close();
  }

  #publish(buffer: FrameBuffer, meta: FrameMeta, own: boolean, sinceMs = Infinity): LiveFrame {
    const now = this.#options.clock.monotonic();
    this.#noteClock();
    const newest = this.latest.value;
    if (!newest || !areSame(newest.jpeg, buffer.jpeg)) this.#firstAt = now;
    const frame = buffer.finish(this.cam, this.number, meta, own);
    this.#publishedAt = now;
    this.#repeated = false;
    this.#rate.add(now);
    this.#hear(meta, sinceMs);
    this.latest.set(frame);
    // An old picture is on the streams only as what it is.
    if (this.lostMs < 0) this.display(frame);
    return frame;
  }

  /** The newest picture came, for the first time or again, in any case within `sinceMs`. */
  #hear(meta: FrameMeta, sinceMs: number): void {
    const { capturedAt, receivedAt } = meta;
    const at = this.#options.clock.monotonic();
    this.#heard = { ageMs: this.#ageOf(meta, sinceMs), at, capturedAt, receivedAt };
  }

  /** How old a picture is that came here within `sinceMs`, ms. */
  #ageOf({ capturedAt }: FrameMeta, sinceMs: number): number {
    const { clock, staleMs, idleIntervalMs } = this.#options;
    const ageMs = clock.now() - capturedAt;
    // Where this clock or the one it was stored by is wrong nobody knows: it may be very old.
    if (ageMs < -MAX_SKEW_MS && sinceMs === Infinity) return Math.max(staleMs, 3 * idleIntervalMs);
    return Math.min(Math.max(0, ageMs), sinceMs);
  }

  /** Ms since nothing newer than the newest frame was in the store. */
  get #sinceLookMs(): number {
    const uploadedAt = this.latest.value?.own ? this.#heard.at : -Infinity;
    return this.#options.clock.monotonic() - Math.max(this.#lookedAt, uploadedAt);
  }

  #tell(): void {
    this.#repeated = false;
    this.#toldAt = this.#options.clock.monotonic();
    this.statusChanges.set(this.status());
  }

  /** Tells at once that the wall clock was set, before anybody hears times by it. */
  #noteClock(): void {
    const { clock } = this.#options;
    const offset = clock.now() - clock.monotonic();
    const wasSet = Math.abs(offset - this.#offset) > MAX_DRIFT_MS;
    this.#offset = offset;
    if (!wasSet) return;
    const newest = this.latest.value;
    // Its age came from the wall clock alone: work it out again.
    if (newest && !newest.own && !this.#seenToCome) this.#hear(newest, Infinity);
    this.#tell();
  }

  get #stateInput(): StateInput {
    return {
      ageMs: this.ageMs,
      intervalMs: this.intervalMs,
      watched: this.viewers.all > 0,
      staleMs: this.#options.staleMs,
      lagMs: this.#lagMs,
      patienceMs: this.contact.patienceMs(this.#options.staleMs),
    };
  }

  /** How much newer than the newest known here the camera's frames may be elsewhere, ms. */
  get #lagMs(): number {
    const frame = this.latest.value;
    // One that was found may be the last of a camera that died with its instance.
    if (!frame || frame.silent || frame.own || !this.#seenToCome) return 0;
    return this.#following && this.viewers.here > 0 ? 0 : this.#options.storeLagMs;
  }

  #updateDemand(): void {
    const { all } = this.viewers;
    // Nothing else decides it.
    if (all === this.demand.value?.viewers) return;
    const { fps, idleIntervalMs } = this.#options;
    const wanted = wantedDemand(all, fps, idleIntervalMs);
    this.contact.asked(wanted.interval);
    this.demand.set(wanted);
  }
}

function areSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  // `every` would call back for each byte of a picture that is the same.
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
