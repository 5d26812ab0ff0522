// Four weeks of a camera and a network that fail at random, on virtual time. Throws, with the seed and
// the hour, where the agent breaks a rule.

import { simulateBadLuck } from "../bad_luck.ts";
import type { Report } from "./scenario.ts";

/** Four weeks with a seed each, from `PERCH_BENCH_SEED` on, or from 1. */
export async function benchLuck(report: Report): Promise<void> {
  const first = Number(Deno.env.get("PERCH_BENCH_SEED") ?? 1);
  for (let seed = first; seed < first + 4; seed++) {
    const luck = await simulateBadLuck(seed, 7 * 24);
    report.row(`a week, seed ${seed}`, { ...luck });
  }
}
