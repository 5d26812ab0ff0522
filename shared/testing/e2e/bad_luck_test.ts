// Hours of random trouble on virtual time: the rules are in the simulation, which throws where one is
// broken.

import assert from "node:assert/strict";
import { simulateBadLuck } from "../bad_luck.ts";

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`six hours of bad luck, seed ${seed}, and the rules hold`, async () => {
    const { troubles, accepted } = await simulateBadLuck(seed, 6);
    assert.ok(troubles > 10 && accepted > 500, `${troubles} troubles, ${accepted} frames`);
  });
}
