// Takes the newest frame when one is due, sends it, and goes by what the edge says. One frame is in
// flight at a time; after trouble the newest frame goes, never an old one. Reconnects for ever.

import { Buffer } from "node:buffer";
import type { Clock } from "../../shared/clock.ts";
import type { Latest } from "../../shared/latest.ts";
import type { Log } from "../../shared/log.ts";
import { scoped, untilAborted, within } from "../../shared/timeout.ts";
import type { Demand } from "../../shared/wire.ts";
import type { CapturedFrame } from "../capture.ts";
import type { Transport, UploadResult } from "./transport.ts";
import { probeUntilUp, SendDeadline, UplinkStatus } from "./uplink.ts";

/** Ms between tries while the edge refuses this camera's token or address. */
const REFUSED_MS = 30_000;

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

interface UploaderOptions {
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
  readonly transport: Transport;
  readonly frames: Latest<CapturedFrame>;
  readonly page: string;
  /** The camera, where it may rest while no frame is due for long. */
  readonly camera?: { want(frames: boolean): void };
}

export interface UploadCounts {
  sent: number;
  sentBytes: number;
  skipped: number;
  failed: number;
}

export class Uploader {
  readonly counts: UploadCounts = { sent: 0, sentBytes: 0, skipped: 0, failed: 0 };
  /** What the edge wants; as fast as the camera can, until it says. */
  demand: Demand = { interval: 0, viewers: 0 };
  readonly #options: UploaderOptions;
  readonly #deadline = new SendDeadline();
  readonly uplink: UplinkStatus;
  #recovery: Promise<void> | undefined;
  /** After trouble a frame is sent at once, to find out whether it is over. */
  #overdue = false;
  /** Ends sleeps and questions that a new demand or trouble has overtaken. */
  readonly #wake = new WakeSignal();
  /** What the edge took last, and its monotonic ms. */
  #taken: { readonly jpeg: Uint8Array; readonly at: number } | undefined;
  #skippedStatus = 0;
  /** Frames in a row that the edge did not want. */
  #skips = 0;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.uplink = new UplinkStatus(options.clock, options.log);
  }

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
      const result = await this.#send(value, signal);
      const settled = result.kind === "accepted" || result.kind === "skipped";
      // A frame that was lost goes again at once, unless there is a newer one by then.
      taken = settled ? seq : seq - 1;
      retryAt = settled ? -Infinity : startedAt + RETRY_MS * (0.8 + 0.4 * random());
      if (!settled) startedAt = -Infinity;
      await this.#applyResult(result, signal);
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
      const interval = Math.max(this.demand.interval, skipPause(this.#skips));
      const left = startedAt + interval - clock.monotonic();
      if (!(left > 0) || this.#overdue) break;
      if (camera && left >= REST_FROM_MS) {
        camera.want(false);
        rested = true;
      }
      await this.#wake.until(signal, (woken) => clock.sleep(left, woken));
    }
    this.#overdue = false;
    return rested;
  }

  async #send(frame: CapturedFrame, signal: AbortSignal): Promise<UploadResult> {
    const { clock, log, transport, page } = this.#options;
    const { length } = frame.jpeg;
    const startedAt = clock.monotonic();
    let late = false;
    const result = await within(clock, this.#deadline.for(length), signal, async (timed) => {
      const result = await transport.send(frame, timed);
      late = timed.aborted;
      return result;
    });
    signal.throwIfAborted();
    if (result.kind === "accepted") {
      this.#deadline.arrived(clock.monotonic() - startedAt, length);
      if (this.counts.sent++ === 0) log.info(`the edge has the first picture: watch at ${page}`);
      this.counts.sentBytes += length;
      this.#skips = 0;
      this.#taken = { jpeg: frame.jpeg, at: clock.monotonic() };
      this.uplink.recovered();
    } else if (result.kind === "skipped") {
      this.counts.skipped++;
      this.#skips++;
      const { status, detail } = result;
      if (status !== this.#skippedStatus) {
        log.warn("the edge did not take a frame", { status, detail });
      }
      this.#skippedStatus = status;
    } else {
      this.counts.failed++;
      if (late) this.#deadline.timedOut();
    }
    return result;
  }

  /** Goes by a result; returns once frames may flow again. */
  async #applyResult(result: UploadResult, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (result.kind === "skipped") return;
    if (result.kind === "accepted") return this.#setDemand(result.demand);
    this.#recovery ??= this.#recover(result, signal).finally(() => this.#recovery = undefined);
    await this.#recovery;
  }

  #setDemand(demand: Demand | undefined): void {
    if (!demand) return;
    const changed = demand.interval !== this.demand.interval;
    this.demand = demand;
    if (changed) this.#wake.wake();
  }

  /** Waits out trouble. It is over once the edge has taken a frame. */
  async #recover(first: UploadResult, signal: AbortSignal): Promise<void> {
    const { clock, random, transport } = this.#options;
    let result = first;
    // An edge that was started again has lost it.
    this.#taken = undefined;
    this.#wake.wake();
    while (result.kind !== "accepted" && result.kind !== "skipped") {
      this.uplink.failed(result);
      if (result.kind === "failed") transport.renew();
      else {
        const ms = result.kind === "busy" ? result.retryMs : REFUSED_MS;
        await clock.sleep(ms * (0.9 + 0.2 * random()), signal);
      }
      result = await probeUntilUp(this.#options, (one) => transport.probe(one), signal);
    }
    if (result.kind === "accepted") this.#setDemand(result.demand);
    this.#overdue = true;
    this.#wake.wake();
  }

  /** While few frames are wanted, asks for the moment when more are. */
  async #watchDemand(signal: AbortSignal): Promise<void> {
    const { clock, transport } = this.#options;
    for (;;) {
      await this.#recovery;
      signal.throwIfAborted();
      const { interval } = this.demand;
      const askedAt = clock.monotonic();
      const asks = transport.asksFrom(interval);
      const result = await this.#wake.until(
        signal,
        (woken) => asks ? transport.awaitDemand(interval, woken) : untilAborted(woken),
      );
      if (!result) continue;
      await this.#applyResult(result, signal);
      const early = askedAt + MIN_ASK_MS - clock.monotonic();
      if (early > 0 && interval === this.demand.interval) await clock.sleep(early, signal);
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

class WakeSignal {
  readonly #waits = new Set<AbortController>();

  /** Ends every wait under way. */
  wake(): void {
    for (const wait of this.#waits) wait.abort();
  }

  /** Runs `work` with a signal that aborts when it wakes: then there is no result. */
  until<T>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    return scoped(signal, async (wait) => {
      this.#waits.add(wait);
      try {
        const result = await work(wait.signal);
        return wait.signal.aborted ? undefined : result;
      } catch (error) {
        if (signal.aborted || !wait.signal.aborted) throw error;
      } finally {
        this.#waits.delete(wait);
      }
    });
  }
}
