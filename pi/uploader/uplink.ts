// What is known of the way to the edge: how long a frame may take, what keeps frames from the edge, and
// when they can flow again.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import { scoped, within } from "../../shared/timeout.ts";
import type { UploadResult } from "./transport.ts";

/** Ms while nothing is known of the uplink. */
const UNKNOWN_MS = 15_000;
const MIN_MS = 2000;
const MAX_MS = 120_000;

/** How much longer than lately a frame may take. */
const SLACK = 3;

/** Share of the newest measurement in the average while frames get faster. */
const DECAY = 0.2;

/**
 * How long a frame may take before it is given up: by what frames took lately, so that a slow uplink is
 * left in peace and a dead one is noticed within 2 s.
 */
export class SendDeadline {
  #average: { ms: number; bytes: number } | undefined;
  #timeouts = 0;

  /** Ms for a frame of `bytes`. Doubles with each timeout in a row. */
  for(bytes: number): number {
    const expected = this.#average
      ? SLACK * this.#average.ms * Math.max(1, bytes / this.#average.bytes)
      : UNKNOWN_MS;
    return Math.min(MAX_MS, Math.max(MIN_MS, expected) * 2 ** Math.min(this.#timeouts, 8));
  }

  arrived(ms: number, bytes: number): void {
    const last = this.#average ?? { ms, bytes };
    this.#average = {
      // Slower counts at once, faster only bit by bit.
      ms: Math.max(ms, last.ms + DECAY * (ms - last.ms)),
      bytes: last.bytes + DECAY * (bytes - last.bytes),
    };
    this.#timeouts = 0;
  }

  timedOut(): void {
    this.#timeouts++;
  }
}

export type ErrorResult = UploadResult & { kind: "failed" | "busy" | "refused" };

const WORDS: Readonly<Record<ErrorResult["kind"], string>> = {
  failed: "the edge cannot be reached",
  busy: "the edge cannot take frames now",
  refused: "the edge refuses this camera: check PERCH_URL, PERCH_TOKEN and PERCH_CAM",
};

/** Ms for which trouble that was told is not told again, however often it comes and goes. */
const QUIET_MS = 60_000;

/** Troubles remembered as told; a network that invents more of them is told anew. */
const MAX_TOLD = 20;

/** Says what keeps frames from the edge when it starts, when it changes and when it is over. */
export class UplinkStatus {
  /** One line, or undefined while all is well. */
  text: string | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  #since = 0;
  /** When each trouble was told last, by its words. */
  readonly #told = new Map<string, number>();
  /** Whether the trouble of now was told, so that its end is news too. */
  #isTold = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  failed(result: ErrorResult): void {
    const status = result.kind === "failed" ? "" : ` ${result.status}`;
    const text = `${WORDS[result.kind]}:${status} ${result.detail}`;
    const now = this.#clock.monotonic();
    if (!this.text) {
      this.#since = now;
      this.#isTold = false;
    }
    this.text = text;
    const told = this.#told.get(text);
    if (told !== undefined && (told >= this.#since || now - told < QUIET_MS)) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.set(text, now);
    this.#isTold = true;
    if (result.kind === "refused") this.#log.error(text);
    else this.#log.warn(text);
  }

  /** A frame arrived: it is over. */
  recovered(): void {
    if (!this.text) return;
    this.text = undefined;
    if (!this.#isTold) return;
    const seconds = Math.round((this.#clock.monotonic() - this.#since) / 1000);
    this.#log.info("the edge takes frames again", { afterSeconds: seconds });
  }
}

/** Ms between probes. */
const PROBE_EVERY_MS = 1000;

/** Ms a probe may take: three round trips over the worst Wi-Fi. */
const PROBE_MS = 10_000;

/**
 * Probes until there is any answer. A probe that is lost takes TCP ever longer to repeat, so a fresh one
 * starts every second, next to the ones still waiting: a slow network may answer late.
 *
 * @returns The first result that is not `failed`.
 * @throws The signal's reason when aborted.
 */
export async function probeUntilUp(
  { clock, random }: { readonly clock: Clock; random(): number },
  probe: (signal: AbortSignal) => Promise<UploadResult>,
  signal: AbortSignal,
): Promise<UploadResult> {
  const answer = Promise.withResolvers<void>();
  let result: UploadResult | undefined;
  return await scoped(signal, async ({ signal: done }) => {
    while (!result) {
      done.throwIfAborted();
      within(clock, PROBE_MS, done, probe).then((one) => {
        if (one.kind === "failed") return;
        result ??= one;
        answer.resolve();
      }, () => {});
      const pause = clock.sleep(PROBE_EVERY_MS * (0.8 + 0.3 * random()), done);
      await Promise.race([answer.promise, pause]);
      pause.catch(() => {});
    }
    return result;
  });
}
