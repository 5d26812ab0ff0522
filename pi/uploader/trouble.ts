// What keeps frames from the edge, said once when it starts, when it changes and when it is over.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Verdict } from "./transport.ts";

/** A verdict that holds frames up. */
export type BadVerdict = Verdict & { kind: "failed" | "busy" | "refused" };

const WORDS: Readonly<Record<BadVerdict["kind"], string>> = {
  failed: "the edge cannot be reached",
  busy: "the edge cannot take frames now",
  refused: "the edge refuses this camera: check PERCH_URL, PERCH_TOKEN and PERCH_CAM",
};

/** Remembers and logs trouble. */
export class Trouble {
  readonly #clock: Clock;
  readonly #log: Log;
  #text: string | undefined;
  #since = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** One line, or undefined while all is well. */
  get text(): string | undefined {
    return this.#text;
  }

  /** There is trouble. */
  start(verdict: BadVerdict): void {
    const status = verdict.kind === "failed" ? "" : ` ${verdict.status}`;
    const text = `${WORDS[verdict.kind]}:${status} ${verdict.detail}`;
    if (!this.#text) this.#since = this.#clock.monotonic();
    if (text === this.#text) return;
    this.#text = text;
    if (verdict.kind === "refused") this.#log.error(text);
    else this.#log.warn(text);
  }

  /** A frame arrived: it is over. */
  end(): void {
    if (!this.#text) return;
    const seconds = Math.round((this.#clock.monotonic() - this.#since) / 1000);
    this.#log.info("the edge takes frames again", { afterSeconds: seconds });
    this.#text = undefined;
  }
}
