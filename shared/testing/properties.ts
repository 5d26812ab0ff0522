// Property tests with the same inputs in every run, so that a green suite stays green. Other inputs
// are tried with PERCH_TEST_SEED=<number>; what they find becomes a test of its own.

import fastCheck from "fast-check";

fastCheck.configureGlobal({ seed: Number(Deno.env.get("PERCH_TEST_SEED") ?? 20261121) });

/** fast-check, seeded. */
export const fc: typeof fastCheck = fastCheck;
