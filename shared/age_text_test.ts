import assert from "node:assert/strict";
import { ageText } from "./age_text.ts";

Deno.test("an age is told in the largest unit that says enough", () => {
  const told = [-5, 0, 1499, 99_000, 100_000, 3_600_000, 7_200_000, 3 * 86_400_000].map(ageText);
  assert.deepEqual(told, ["0 s", "0 s", "1 s", "99 s", "2 min", "60 min", "2 h", "3 days"]);
});
