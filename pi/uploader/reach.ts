// Finds the moment the network is back. A probe that is lost takes TCP ever longer to repeat, so a
// fresh one starts every second, next to the ones still waiting: a slow network may answer late.

import type { Clock } from "../../shared/clock.ts";
import { scoped, within } from "../../shared/timeout.ts";
import type { Verdict } from "./transport.ts";

/** Ms between probes. */
export const PROBE_EVERY_MS = 1000;

/** Ms a probe may take: three round trips over the worst Wi-Fi. */
export const PROBE_MS = 10_000;

/** What is needed to reach something. */
export interface ReachOptions {
  readonly clock: Clock;
  /** From 0 to 1. */
  random(): number;
  probe(signal: AbortSignal): Promise<Verdict>;
}

/**
 * Probes until there is any answer.
 *
 * @returns The first verdict that is not `failed`.
 * @throws The signal's reason when aborted.
 */
export async function reach(
  { clock, random, probe }: ReachOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  const answer = Promise.withResolvers<void>();
  let verdict: Verdict | undefined;
  return await scoped(signal, async ({ signal: done }) => {
    while (!verdict) {
      done.throwIfAborted();
      within(clock, PROBE_MS, done, probe).then((one) => {
        if (one.kind === "failed") return;
        verdict ??= one;
        answer.resolve();
      }, () => {});
      const pause = clock.sleep(PROBE_EVERY_MS * (0.8 + 0.3 * random()), done);
      await Promise.race([answer.promise, pause]);
      pause.catch(() => {});
    }
    return verdict;
  });
}
