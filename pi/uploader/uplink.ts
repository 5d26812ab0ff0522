// What keeps frames from the edge, said when it starts, when it changes and when it is over, but not
// again and again on a network that comes and goes.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import { scoped, within } from "../../shared/timeout.ts";
import type { UploadResult } from "./transport.ts";

/** A result that holds frames up. */
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

export class UplinkStatus {
  readonly #clock: Clock;
  readonly #log: Log;
  #text: string | undefined;
  #since = 0;
  /** When each trouble was told last, by its words. */
  readonly #told = new Map<string, number>();
  /** Whether the trouble of now was told, so that its end is news too. */
  #isTold = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** One line, or undefined while all is well. */
  get text(): string | undefined {
    return this.#text;
  }

  failed(result: ErrorResult): void {
    const status = result.kind === "failed" ? "" : ` ${result.status}`;
    const text = `${WORDS[result.kind]}:${status} ${result.detail}`;
    const now = this.#clock.monotonic();
    if (!this.#text) {
      this.#since = now;
      this.#isTold = false;
    }
    this.#text = text;
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
    if (!this.#text) return;
    this.#text = undefined;
    if (!this.#isTold) return;
    const seconds = Math.round((this.#clock.monotonic() - this.#since) / 1000);
    this.#log.info("the edge takes frames again", { afterSeconds: seconds });
  }
}

/** Ms between probes. */
const PROBE_EVERY_MS = 1000;

/** Ms a probe may take: three round trips over the worst Wi-Fi. */
const PROBE_MS = 10_000;

export interface ProbeOptions {
  readonly clock: Clock;
  random(): number;
  probe(signal: AbortSignal): Promise<UploadResult>;
}

/**
 * Probes until there is any answer. A probe that is lost takes TCP ever longer to repeat, so a fresh one
 * starts every second, next to the ones still waiting: a slow network may answer late.
 *
 * @returns The first result that is not `failed`.
 * @throws The signal's reason when aborted.
 */
export async function probeUntilUp(
  { clock, random, probe }: ProbeOptions,
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
