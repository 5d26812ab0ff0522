// One camera on this instance: its newest frame, who watches it, and what is asked of it.

import type { Clock } from "../../../shared/clock.ts";
import type { Frame, FrameMeta } from "../../../shared/frame.ts";
import { Latest } from "../../../shared/latest.ts";
import type { CameraSeq, CameraState, CameraStatus, Demand, Report } from "../../../shared/wire.ts";
import { CameraContact, FrameRate, Rivals, TWO_PROGRAMS, UploadOrder } from "./uploads.ts";
import { cameraState, sameForPeople, wantedDemand } from "./state.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/live_frame.ts";
import { isOfNow, isOvertaken } from "../peers/plan.ts";
import { Viewers } from "./viewers.ts";

/** A stream repeats its last picture after this many ms, so that proxies keep the line. */
export const REPEAT_MS = 10_000;

/** Sockets hear of a camera this often, ms, so that silence means a dead line. */
export const STATUS_EVERY_MS = 10_000;

/** What a camera hub needs to know of the settings. */
export interface CameraHubOptions {
  readonly clock: Clock;
  readonly fps: number;
  readonly idleIntervalMs: number;
  readonly staleMs: number;
  readonly keyframeMs: number;
  /** Told when a second program publishes as this camera. */
  readonly onRivals?: (cam: string) => void;
}

/** One camera's place on this instance. */
export class CameraHub {
  readonly cam: string;
  /** The camera's number in frame headers of this instance. */
  readonly camera: number;
  /** The newest frame. */
  readonly latest: Latest<LiveFrame> = new Latest();
  /** Frames that came to this instance itself. */
  readonly uploads: Latest<LiveFrame> = new Latest();
  /** What a stream shows next: the newest frame, the same again, or the picture that says "no signal". */
  readonly shown: Latest<LiveFrame> = new Latest();
  /** Set when something of the status that people read has changed, and now and then. */
  readonly statusChanges: Latest<CameraStatus> = new Latest();
  /** What is asked of the camera, newest. */
  readonly demand: Latest<Demand> = new Latest();
  /** The last thing the camera said of itself. */
  report: Report | undefined;
  /** Whether the camera speaks to this instance. */
  readonly contact: CameraContact;
  /** Which uploads are late. */
  readonly order: UploadOrder = new UploadOrder();
  /** Frames that slow viewers of this instance skipped. */
  skipped = 0;
  /** Bytes of frames sent to them. */
  sentBytes = 0;

  readonly #options: CameraHubOptions;
  readonly #rate: FrameRate = new FrameRate();
  readonly #viewers: Viewers;
  readonly #rivals: Rivals = new Rivals();
  /** How old the newest frame was when it was published here, and when that was (monotonic ms). */
  #published = { ageMs: 0, at: 0 };
  #shownAt = -Infinity;
  #toldAt = -Infinity;
  #floor = 0;
  #following = false;

  constructor(cam: string, camera: number, options: CameraHubOptions) {
    this.cam = cam;
    this.camera = camera;
    this.#options = options;
    this.contact = new CameraContact(options.clock);
    this.#viewers = new Viewers(options.clock, () => this.#updateDemand());
    this.#updateDemand();
  }

  /** Makes `buffer` the newest frame and wakes every viewer, all inside this call. */
  publish(buffer: FrameBuffer, meta: FrameMeta): LiveFrame {
    const frame = buffer.finish(this.cam, this.camera, meta);
    const { clock } = this.#options;
    this.#published = {
      ageMs: Math.max(0, clock.now() - meta.receivedAt),
      at: clock.monotonic(),
    };
    this.#rate.add(clock.monotonic());
    this.latest.set(frame);
    this.show(frame);
    return frame;
  }

  /** Publishes a frame that the camera brought to this instance itself. */
  upload(buffer: FrameBuffer, meta: FrameMeta): LiveFrame {
    this.contact.uploaded();
    const frame = this.publish(buffer, meta);
    this.uploads.set(frame);
    return frame;
  }

  /**
   * Publishes a frame that another instance stored, if it is news. Returns whether it is of now.
   *
   * @param following Whether that instance stores every frame, because this one has viewers.
   */
  adopt(frame: Frame, tail: Uint8Array, following: boolean): boolean {
    const young = isOfNow(frame, this.#options.clock.now());
    this.#following = following && young;
    const shown = this.latest.value;
    if (frame.version <= (shown?.version ?? 0)) return young;
    if (isOvertaken(frame, shown)) this.raise(frame.version);
    else this.publish(FrameBuffer.of(frame.jpeg, tail), frame);
    return young;
  }

  /** Puts a picture on the streams without making it the newest frame. */
  show(frame: LiveFrame): void {
    this.#shownAt = this.#options.clock.monotonic();
    this.shown.set(frame);
  }

  /** Remembers the count of an upload that is taken, and which program it came from. */
  noteUpload(seq: CameraSeq | undefined): void {
    if (!seq) return;
    this.order.note(seq);
    if (this.#rivals.note(seq.session, this.#options.clock.monotonic())) {
      this.#options.onRivals?.(this.cam);
    }
  }

  /** The newest version known: published here, or stored by another instance. 0 for none. */
  get newestVersion(): number {
    return Math.max(this.latest.value?.version ?? 0, this.#floor);
  }

  /** Makes versions go on from `version`, which another instance with a faster clock has used. */
  raise(version: number): void {
    this.#floor = Math.max(this.#floor, version);
  }

  /** Connected viewers and pollers of this instance. */
  get viewersHere(): number {
    return this.#viewers.here;
  }

  /** Viewers everywhere. */
  get viewers(): number {
    return this.viewersHere + this.viewersElsewhere;
  }

  /** Viewers of other instances, as the store tells. */
  get viewersElsewhere(): number {
    return this.#viewers.elsewhere;
  }

  set viewersElsewhere(count: number) {
    this.#viewers.elsewhere = count;
  }

  /**
   * Counts a stream or socket as a viewer.
   *
   * @returns What to call, once, when it has gone.
   */
  attach(): () => void {
    return this.#viewers.attach();
  }

  /** Counts a poller, told from others by `who`, as a viewer for a while. */
  poll(who: string): void {
    this.#viewers.poll(who);
  }

  /**
   * Counts a poller for as long as its request is held.
   *
   * @returns What to call, once, when the request has its answer.
   */
  wait(who: string): () => void {
    return this.#viewers.wait(who);
  }

  /** What is due by time alone. To be called every second or so. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    this.#viewers.expire();
    const shown = this.shown.value;
    if (shown && now - this.#shownAt >= REPEAT_MS) this.show(shown);
    const same = sameForPeople(this, this.statusChanges.value);
    if (same && now - this.#toldAt < STATUS_EVERY_MS) return;
    this.#toldAt = now;
    this.statusChanges.set(this.status());
  }

  /** Ms since the edge had the newest frame; undefined before the first. */
  get ageMs(): number | undefined {
    if (!this.latest.value) return undefined;
    // Not from wall time: a clock that is set back would make an old picture look new for hours.
    const { ageMs, at } = this.#published;
    return Math.round(ageMs + this.#options.clock.monotonic() - at);
  }

  /** Whether the picture may be believed to be now. */
  get state(): CameraState {
    return cameraState({
      ageMs: this.ageMs,
      intervalMs: this.intervalMs,
      watched: this.viewers > 0,
      staleMs: this.#options.staleMs,
      lagMs: this.#lagMs,
    });
  }

  /** Ms between frames that are asked for. */
  get intervalMs(): number {
    return this.demand.value!.interval;
  }

  /** What is wrong, as the camera says or as is seen here. */
  get lastError(): string | undefined {
    const rivals = this.#rivals.active(this.#options.clock.monotonic());
    return this.report?.error ?? (rivals ? TWO_PROGRAMS : undefined);
  }

  /** What `/status.json` says. */
  status(): CameraStatus {
    const now = this.#options.clock.monotonic();
    const frame = this.latest.value;
    return {
      cam: this.cam,
      state: this.state,
      version: frame?.version,
      ageMs: this.ageMs,
      capturedAt: frame?.capturedAt,
      receivedAt: frame?.receivedAt,
      size: frame?.size,
      width: frame?.width,
      height: frame?.height,
      fps: this.#rate.perSecond(now),
      intervalMs: this.intervalMs,
      viewers: this.viewers,
      lastError: this.lastError,
    };
  }

  /** Ends all waiting on this camera. */
  close(): void {
    const { latest, shown, uploads, statusChanges, demand } = this;
    for (const slot of [latest, shown, uploads, statusChanges, demand]) slot.close();
  }

  /** How much newer than the newest known here the camera's frames may be elsewhere, ms. */
  get #lagMs(): number {
    const { value } = this.latest;
    if (value?.silent || value?.version === this.uploads.value?.version) return 0;
    return this.#following && this.viewersHere > 0 ? 0 : this.#options.keyframeMs;
  }

  #updateDemand(): void {
    const { viewersHere, viewersElsewhere } = this;
    const wanted = wantedDemand({ ...this.#options, viewersHere, viewersElsewhere });
    const known = this.demand.value;
    if (wanted.interval !== known?.interval || wanted.viewers !== known?.viewers) {
      this.contact.asked(wanted.interval);
      this.demand.set(wanted);
    }
  }
}
