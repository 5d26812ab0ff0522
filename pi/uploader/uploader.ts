// Takes the newest frame when one is due, sends it, and goes by what the edge says. One frame is in
// flight at a time; after trouble the newest frame goes, never an old one. Reconnects for ever.

import { Buffer } from "node:buffer";
import type { Clock } from "../../shared/clock.ts";
import type { Latest } from "../../shared/latest.ts";
import type { Log } from "../../shared/log.ts";
import type { Demand } from "../../shared/wire.ts";
import type { CapturedFrame } from "../capture.ts";
import { scoped, untilAborted, within } from "../../shared/timeout.ts";
import { SendDeadline } from "./send_deadline.ts";
import type { Transport, Verdict } from "./transport.ts";
import { reach, Trouble } from "./trouble.ts";

/** Ms between tries while the edge refuses this camera's token or address. */
export const REFUSED_MS = 30_000;

/** Ms from a lost frame to the next try, where the network lets small requests through. */
const RETRY_MS = 1000;

/** Ms after which a picture is no longer sent: the edge would take it for one of now. */
const OLD_MS = 10_000;

/** Ms for which the picture that the edge has is not sent again: less than a page takes for live. */
const UNCHANGED_MS = 3000;

/** Ms between questions for demand that bring no news, whatever answers them. */
const MIN_ASK_MS = 1000;

/** Longest wait between frames that the edge does not want. */
const MAX_SKIP_PAUSE_MS = 30_000;

/** Ms without a wanted frame for which stopping the camera pays: it needs about 3 s to come back. */
const REST_FROM_MS = 8000;

/** What an uploader needs. */
export interface UploaderOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1. */
  random(): number;
  readonly transport: Transport;
  readonly frames: Latest<CapturedFrame>;
  /** The camera, where it may rest while no frame is due for long. */
  readonly camera?: { want(frames: boolean): void };
}

/** What an uploader did so far. */
export interface UploadCounts {
  sent: number;
  /** Bytes of frames that arrived. */
  sentBytes: number;
  /** Frames the edge did not want. */
  skipped: number;
  /** Frames that were lost on the way. */
  failed: number;
}

/** One camera's uploader. */
export class Uploader {
  readonly counts: UploadCounts = { sent: 0, sentBytes: 0, skipped: 0, failed: 0 };
  readonly #options: UploaderOptions;
  readonly #deadline = new SendDeadline();
  /** What the edge wants; as fast as the camera can, until it says. */
  #demand: Demand = { interval: 0, viewers: 0 };
  readonly #trouble: Trouble;
  #recovery: Promise<void> | undefined;
  /** After trouble a frame is sent at once, to find out whether it is over. */
  #overdue = false;
  /** Ends sleeps and questions that a new demand or trouble has overtaken. */
  readonly #news = new News();
  /** What the edge took last, and when (monotonic ms). */
  #taken: { readonly jpeg: Uint8Array; readonly at: number } | undefined;
  #skippedStatus = 0;
  /** Frames in a row that the edge did not want. */
  #skips = 0;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#trouble = new Trouble(options.clock, options.log);
  }

  /** What the edge wants. */
  get demand(): Demand {
    return this.#demand;
  }

  /** What keeps frames from the edge, in one line; undefined while all is well. */
  get trouble(): string | undefined {
    return this.#trouble.text;
  }

  /** Uploads until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([this.#sendFrames(signal), this.#watchDemand(signal)]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#options.transport.close();
    }
  }

  async #sendFrames(signal: AbortSignal): Promise<void> {
    const { clock, random, frames, camera } = this.#options;
    let taken = 0;
    let startedAt = -Infinity;
    let retryAt = -Infinity;
    for (;;) {
      const rested = await this.#untilDue(startedAt, signal);
      await this.#recovery;
      signal.throwIfAborted();
      const early = retryAt - clock.monotonic();
      if (early > 0) await clock.sleep(early, signal);
      // What the camera gave before its rest, or long before the network came back, is old.
      const newest = frames.value;
      if (newest && (rested || clock.monotonic() - newest.takenAt > OLD_MS)) taken = frames.seq;
      camera?.want(true);
      const { seq, value } = await frames.next(taken, signal);
      startedAt = clock.monotonic();
      if (this.#isUnchanged(value)) {
        taken = seq;
        continue;
      }
      const verdict = await this.#send(value, signal);
      const settled = verdict.kind === "accepted" || verdict.kind === "skipped";
      // A frame that was lost goes again at once, unless there is a newer one by then.
      taken = settled ? seq : seq - 1;
      retryAt = settled ? -Infinity : startedAt + RETRY_MS * (0.8 + 0.4 * random());
      if (!settled) startedAt = -Infinity;
      await this.#heed(verdict, signal);
    }
  }

  #isUnchanged({ jpeg }: CapturedFrame): boolean {
    const last = this.#taken;
    if (!last || this.#options.clock.monotonic() - last.at >= UNCHANGED_MS) return false;
    return Buffer.compare(jpeg, last.jpeg) === 0;
  }

  /** Waits until the next frame is due. Returns whether the camera rested meanwhile. */
  async #untilDue(startedAt: number, signal: AbortSignal): Promise<boolean> {
    const { clock, camera } = this.#options;
    let rested = false;
    for (;;) {
      const interval = Math.max(this.#demand.interval, skipPause(this.#skips));
      const left = startedAt + interval - clock.monotonic();
      if (!(left > 0) || this.#overdue) break;
      if (camera && left >= REST_FROM_MS) {
        camera.want(false);
        rested = true;
      }
      await this.#news.until(signal, (news) => clock.sleep(left, news));
    }
    this.#overdue = false;
    return rested;
  }

  async #send(frame: CapturedFrame, signal: AbortSignal): Promise<Verdict> {
    const { clock, transport } = this.#options;
    const { length } = frame.jpeg;
    const startedAt = clock.monotonic();
    let late = false;
    const verdict = await within(clock, this.#deadline.for(length), signal, async (timed) => {
      const verdict = await transport.send(frame, timed);
      late = timed.aborted;
      return verdict;
    });
    signal.throwIfAborted();
    if (verdict.kind === "accepted") {
      this.#deadline.arrived(clock.monotonic() - startedAt, length);
      this.counts.sent++;
      this.counts.sentBytes += length;
      this.#skips = 0;
      this.#taken = { jpeg: frame.jpeg, at: clock.monotonic() };
      this.#trouble.end();
    } else if (verdict.kind === "skipped") this.#countSkipped(verdict);
    else {
      this.counts.failed++;
      if (late) this.#deadline.timedOut();
    }
    return verdict;
  }

  #countSkipped({ status, detail }: Verdict & { kind: "skipped" }): void {
    this.counts.skipped++;
    this.#skips++;
    if (status === this.#skippedStatus) return;
    this.#skippedStatus = status;
    this.#options.log.warn("the edge did not take a frame", { status, detail });
  }

  /** Goes by a verdict; returns once frames may flow again. */
  async #heed(verdict: Verdict, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (verdict.kind === "skipped") return;
    if (verdict.kind === "accepted") return this.#setDemand(verdict.demand);
    this.#recovery ??= this.#recover(verdict, signal).finally(() => this.#recovery = undefined);
    await this.#recovery;
  }

  #setDemand(demand: Demand | undefined): void {
    if (!demand) return;
    const changed = demand.interval !== this.#demand.interval;
    this.#demand = demand;
    if (changed) this.#news.ring();
  }

  /** Waits out trouble. It is over once the edge has taken a frame. */
  async #recover(first: Verdict, signal: AbortSignal): Promise<void> {
    const { clock, random, transport } = this.#options;
    let verdict = first;
    // An edge that was started again has lost it.
    this.#taken = undefined;
    this.#news.ring();
    while (verdict.kind !== "accepted" && verdict.kind !== "skipped") {
      this.#trouble.start(verdict);
      if (verdict.kind === "failed") transport.renew();
      else {
        const ms = verdict.kind === "busy" ? verdict.retryMs : REFUSED_MS;
        await clock.sleep(ms * (0.9 + 0.2 * random()), signal);
      }
      verdict = await reach({ clock, random, probe: (one) => transport.probe(one) }, signal);
    }
    if (verdict.kind === "accepted") this.#setDemand(verdict.demand);
    this.#overdue = true;
    this.#news.ring();
  }

  /** While few frames are wanted, asks for the moment when more are. */
  async #watchDemand(signal: AbortSignal): Promise<void> {
    const { clock, transport } = this.#options;
    for (;;) {
      await this.#recovery;
      signal.throwIfAborted();
      const { interval } = this.#demand;
      const askedAt = clock.monotonic();
      const verdict = await this.#news.until(
        signal,
        (news) =>
          interval < transport.watchDemandFromMs || interval >= transport.watchDemandBelowMs
            ? untilAborted(news)
            : transport.awaitDemand(interval, news),
      );
      if (!verdict) continue;
      await this.#heed(verdict, signal);
      const early = askedAt + MIN_ASK_MS - clock.monotonic();
      if (early > 0 && interval === this.#demand.interval) await clock.sleep(early, signal);
    }
  }
}

/**
 * Ms to wait at least after `skips` unwanted frames in a row: one may have come late or broken, but
 * an edge that wants none, because all are too large, is not to be flooded over somebody's phone.
 */
function skipPause(skips: number): number {
  return skips < 3 ? 0 : Math.min(500 * 2 ** (skips - 3), MAX_SKIP_PAUSE_MS);
}

/** A bell: every wait under way ends when it rings. */
export class News {
  #ring = new AbortController();

  /** Something changed. */
  ring(): void {
    this.#ring.abort();
    this.#ring = new AbortController();
  }

  /**
   * Runs `work` with a signal that aborts when the bell rings.
   *
   * @returns Undefined where it rang first.
   * @throws What `work` throws otherwise.
   */
  async until<T>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const rung = this.#ring.signal;
    return await scoped(signal, async (scope) => {
      const onRing = () => scope.abort();
      rung.addEventListener("abort", onRing, { once: true });
      try {
        const result = await work(scope.signal);
        return rung.aborted ? undefined : result;
      } catch (error) {
        if (signal.aborted || !rung.aborted) throw error;
      } finally {
        rung.removeEventListener("abort", onRing);
      }
    });
  }
}
