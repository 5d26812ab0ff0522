import assert from "node:assert/strict";
import type { BenchResult } from "./scenario.ts";
import { renderComparison, renderTable } from "./table.ts";

Deno.test("a table has a column for each figure that any row has", () => {
  const text = renderTable([
    { subject: "edge", figures: { "fps": 10, "p50 ms": 1.2345 } },
    { subject: "bare Deno", figures: { "fps": 9.5 } },
  ]);
  const lines = text.split("\n").map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(lines, [["fps", "p50 ms"], ["edge", "10", "1.23"], ["bare Deno", "9.50"]]);
});

Deno.test("a comparison gives the ratio of each figure that both runs have", () => {
  const run = (figures: Record<string, number>): BenchResult => ({
    at: "",
    machine: "",
    deno: "",
    results: [{ scenario: "join", rows: [{ subject: "edge", figures }], notes: [], seconds: 1 }],
  });
  const text = renderComparison(run({ "p50 ms": 2, "gone": 1 }), run({ "p50 ms": 3, "new": 1 }));
  assert.match(text, /join, edge, p50 ms +2 +3 +1\.500/);
  assert.doesNotMatch(text, /gone|new/);
});
