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
import type { CameraSeq, CameraState, CameraStatus, Demand, Report } from "../../../shared/wire.ts";
import { CameraContact, FrameRate, Sessions, TWO_PROGRAMS } from "./uploads.ts";
import { cameraState, isOvertaken, sameForPeople, wantedDemand } from "./state.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/live_frame.ts";
import { Viewers } from "./viewers.ts";

/** A stream repeats its last picture after this many ms, so that proxies keep the line. */
const REPEAT_MS = 10_000;

/** Sockets hear of a camera this often, ms, so that silence means a dead line. */
const STATUS_EVERY_MS = 10_000;

/** A frame of another instance that is younger than this came as it was taken, ms. */
const YOUNG_MS = 5000;

/** What a camera hub needs to know of the settings. */
export interface CameraHubOptions {
  readonly clock: Clock;
  readonly fps: number;
  readonly idleIntervalMs: number;
  readonly staleMs: number;
  readonly keyframeMs: number;
  /** What follows each frame of a stream. */
  readonly partTail: Uint8Array;
  /** Told when a second program publishes as this camera. */
  readonly onRivals?: (cam: string) => void;
}

/** One camera's place on this instance. */
export class CameraHub {
  readonly cam: string;
  /** The camera's number in frame headers of this instance. */
  readonly camera: number;
  readonly partTail: Uint8Array;
  readonly latest: Latest<LiveFrame> = new Latest();
  readonly displayed: Latest<LiveFrame> = new Latest();
  readonly statusChanges: Latest<CameraStatus> = new Latest();
  readonly demand: Latest<Demand> = new Latest();
  /** The last thing the camera said of itself. */
  report: Report | undefined;
  /** Whether the camera speaks to this instance. */
  readonly contact: CameraContact;
  /** Which uploads are late. */
  readonly sessions: Sessions = new Sessions();
  readonly viewers: Viewers;
  /** Frames that slow viewers of this instance skipped. */
  skipped = 0;
  /** Bytes of frames sent to them. */
  sentBytes = 0;

  readonly #options: CameraHubOptions;
  readonly #rate: FrameRate = new FrameRate();
  /** How old the newest frame was when it was published here, and when that was (monotonic ms). */
  #published = { ageMs: 0, at: 0 };
  #displayedAt = -Infinity;
  #toldAt = -Infinity;
  #floor = 0;
  #following = false;

  constructor(cam: string, camera: number, options: CameraHubOptions) {
    this.cam = cam;
    this.camera = camera;
    this.partTail = options.partTail;
    this.#options = options;
    this.contact = new CameraContact(options.clock);
    this.viewers = new Viewers(options.clock, () => this.#updateDemand());
    this.#updateDemand();
  }

  /**
   * Makes a frame that the camera brought to this instance the newest and wakes every viewer, all
   * inside this call.
   */
  publish(buffer: FrameBuffer, meta: FrameMeta, seq?: CameraSeq): LiveFrame {
    this.contact.uploaded();
    // What it says of a picture that comes holds until it says something else.
    if (this.report?.state !== "running") this.report = undefined;
    if (seq && this.sessions.note(seq, this.#options.clock.monotonic())) {
      this.#options.onRivals?.(this.cam);
    }
    return this.#publish(buffer, meta, true);
  }

  /**
   * Publishes a frame that another instance stored, if it is news. Returns whether it is of now.
   *
   * @param following Whether that instance stores every frame, because this one has viewers.
   */
  publishRemote(frame: Frame, following: boolean): boolean {
    const young = this.#options.clock.now() - frame.receivedAt < YOUNG_MS;
    this.#following = following && young;
    const newest = this.latest.value;
    if (frame.version <= (newest?.version ?? 0)) return young;
    if (isOvertaken(frame, newest)) this.raise(frame.version);
    else this.#publish(FrameBuffer.of(frame.jpeg, this.partTail), frame, false);
    return young;
  }

  /** Puts a picture on the streams without making it the newest frame. */
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

  /** What is due by time alone. To be called every second or so. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    this.viewers.expire();
    const displayed = this.displayed.value;
    if (displayed && now - this.#displayedAt >= REPEAT_MS) this.display(displayed);
    const status = this.status();
    const same = sameForPeople(status, this.statusChanges.value);
    if (same && now - this.#toldAt < STATUS_EVERY_MS) return;
    this.#toldAt = now;
    this.statusChanges.set(status);
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
      watched: this.viewers.all > 0,
      staleMs: this.#options.staleMs,
      lagMs: this.#lagMs,
    });
  }

  /** Ms between frames that are asked for. */
  get intervalMs(): number {
    return this.demand.value!.interval;
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
      viewers: this.viewers.all,
      lastError: this.report?.error ?? (this.sessions.rivals(now) ? TWO_PROGRAMS : undefined),
    };
  }

  /** Ends all waiting on this camera. */
  close(): void {
    const { latest, displayed, statusChanges, demand } = this;
    for (const slot of [latest, displayed, statusChanges, demand]) slot.close();
  }

  #publish(buffer: FrameBuffer, meta: FrameMeta, own: boolean): LiveFrame {
    const frame = buffer.finish(this.cam, this.camera, meta, own);
    const { clock } = this.#options;
    this.#published = {
      ageMs: Math.max(0, clock.now() - meta.receivedAt),
      at: clock.monotonic(),
    };
    this.#rate.add(clock.monotonic());
    this.latest.set(frame);
    this.display(frame);
    return frame;
  }

  /** How much newer than the newest known here the camera's frames may be elsewhere, ms. */
  get #lagMs(): number {
    const frame = this.latest.value;
    if (frame?.silent || frame?.own) return 0;
    return this.#following && this.viewers.here > 0 ? 0 : this.#options.keyframeMs;
  }

  #updateDemand(): void {
    const { fps, idleIntervalMs } = this.#options;
    const wanted = wantedDemand(this.viewers.all, fps, idleIntervalMs);
    const known = this.demand.value;
    if (wanted.interval !== known?.interval || wanted.viewers !== known?.viewers) {
      this.contact.asked(wanted.interval);
      this.demand.set(wanted);
    }
  }
}
