// Keeps a camera running: starts it, watches it, waits, starts it again, for ever.

import type { Clock } from "../shared/clock.ts";
import { Latest } from "../shared/latest.ts";
import type { Log } from "../shared/log.ts";
import type { Report } from "../shared/wire.ts";
import { scoped } from "../shared/timeout.ts";
import {
  capture,
  type CapturedFrame,
  type CaptureLimits,
  FrozenDetector,
  REPEATED_MS,
} from "./capture.ts";
import type { FrameSource, SourceError, SourceErrorKind } from "./source/source.ts";

/** A source and what it is to be measured by. */
export interface Profile {
  readonly source: FrameSource;
  readonly limits: CaptureLimits;
}

interface SupervisorOptions {
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
  /** The profile for a wall time; a change of its value restarts the camera. */
  profile(now: number): Profile;
  readonly frames: Latest<CapturedFrame>;
  readonly reports: Latest<Report>;
}

export type CameraActivity = "starting" | "running" | "failing" | "resting";

/** Failures in a row after which cable and power supply are the likely cause. */
const SUSPECT_FAILURES = 5;

/** Troubles remembered as told; a camera that invents more of them is told anew. */
const MAX_TOLD = 20;

/** Ms between looks whether another profile holds. */
const PROFILE_MS = 10_000;

/** What is said of a camera on the network, which may well be frozen. */
const MINUTES = REPEATED_MS / 60_000;
const REPEATED = `the same picture for ${MINUTES} min or longer: is the camera frozen?`;

export class Supervisor {
  activity: CameraActivity = "starting";
  /** Failures since the start of the program. */
  restarts = 0;
  /** Why the camera is not running, while it is not. */
  error: SourceError | undefined;
  readonly #options: SupervisorOptions;
  readonly #frozen = new FrozenDetector();
  /** Whether frames are wanted; a new value each time that changes. */
  readonly #wanted = new Latest<boolean>();
  #failures = 0;
  /** Troubles told since the camera was well, without their numbers, which differ each time. */
  readonly #told = new Set<string>();
  /** Whether the last of them was told, so that its end is news too. */
  #isTold = false;
  /** Whether the picture has been the same for long. */
  #repeating = false;
  /** What the log said was running. */
  #shown: FrameSource | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#wanted.set(true);
  }

  want(frames: boolean): void {
    if (this.#wanted.value !== frames) this.#wanted.set(frames);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        while (!this.#wanted.value) {
          this.activity = "resting";
          await this.#wanted.next(this.#wanted.seq, signal);
        }
        await this.#runOnce(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    const { clock, log, random, frames, reports } = this.#options;
    const { source, limits } = this.#options.profile(clock.now());
    if (this.activity !== "failing") this.activity = "starting";
    const end = await scoped(signal, async (run) => {
      this.#stopWhenUnwanted(source, run);
      const onFrame = (repeats: boolean) => this.#gives(source, repeats);
      const watched = { clock, source, limits, frames, frozen: this.#frozen, onFrame };
      return await capture(watched, run.signal);
    });
    if (end.healthyMs >= HEALTHY_MS) {
      this.#failures = 0;
      this.#told.clear();
    }
    if (!end.error) return;
    this.#failures++;
    this.restarts++;
    this.#failed(end.error);
    reports.set(reportOf(source, end.error, this.#failures));
    // What worked is no mistake in the settings: a camera that starts anew knows nobody for a while.
    const worked = end.error.kind === "configuration" && source === this.#shown;
    const kind = worked ? "hardware" : end.error.kind;
    const delay = restartDelay(kind, this.#failures, random());
    if (this.#failures === 1) {
      log.info(`starting the camera again in ${Math.round(delay / 1000)} s`);
    }
    await clock.sleep(delay, signal);
  }

  /** Ends the run when frames are no longer wanted, or another profile holds. */
  async #stopWhenUnwanted(source: FrameSource, run: AbortController): Promise<void> {
    const { clock, profile } = this.#options;
    const off = this.#wanted.onSet(({ value }) => value || run.abort());
    if (!this.#wanted.value) run.abort();
    while (!run.signal.aborted) {
      await clock.sleep(PROFILE_MS, run.signal).catch(() => {});
      if (profile(clock.now()).source !== source) run.abort();
    }
    off();
  }

  /** Tells that the camera is well, of a picture that stays the same, and of its end. */
  #gives(source: FrameSource, repeats: boolean): void {
    const { log, reports } = this.#options;
    if (this.#isTold || source !== this.#shown) log.info(`the camera is running: ${source.name}`);
    this.#isTold = false;
    this.#shown = source;
    this.activity = "running";
    this.error = undefined;
    const news = repeats !== this.#repeating;
    this.#repeating = repeats;
    if (news && repeats) log.warn(REPEATED);
    else if (news) log.info("the camera gives new pictures");
    if (!news && reports.value?.state === "running") return;
    reports.set({ state: "running", ...(repeats ? { error: REPEATED } : {}) });
  }

  #failed(error: SourceError): void {
    const { log } = this.#options;
    const words = error.message.replaceAll(/0x[\da-f]+|\d+/gi, "");
    this.activity = "failing";
    this.error = error;
    if (this.#told.has(words)) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.add(words);
    this.#isTold = true;
    log.error(error.message);
    for (const line of error.detail.slice(-5)) log.warn(`| ${line}`);
  }
}

function reportOf(source: FrameSource, error: SourceError, failures: number): Report {
  const onCable = source.neverRepeats && error.kind === "hardware";
  const suspect = onCable && failures >= SUSPECT_FAILURES
    ? ` (${failures} times in a row: check cable and power supply)`
    : "";
  return {
    state: "failing",
    error: (error.message + suspect).slice(0, 500),
    detail: error.detail.slice(-50),
  };
}

/** Ms of frames after which earlier failures are forgotten. */
const HEALTHY_MS = 60_000;

/** Longest wait, and the wait after an error in the settings, in ms. */
const MAX_DELAY_MS = 60_000;

const FIRST_DELAY_MS = 1000;
const JITTER = 0.2;

/**
 * Ms to wait before the next start: 1, 2, 4 ... 60 s, a fifth more or less, so that many cameras
 * behind one failed switch do not come back in step.
 *
 * @param failures How often in a row it failed, this time included; from 1.
 * @param random From 0 to 1.
 */
export function restartDelay(kind: SourceErrorKind, failures: number, random: number): number {
  const delay = kind === "hardware"
    ? Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16), MAX_DELAY_MS)
    : MAX_DELAY_MS;
  return Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
