import assert from "node:assert/strict";
import { wantedDemand } from "./demand.ts";

const SETTINGS = { fps: 10, idleIntervalMs: 10_000 };

Deno.test("wantedDemand asks for the full rate as soon as anybody watches anywhere", () => {
  const cases = [
    { viewersHere: 0, viewersElsewhere: 0, interval: 10_000, viewers: 0 },
    { viewersHere: 1, viewersElsewhere: 0, interval: 100, viewers: 1 },
    { viewersHere: 0, viewersElsewhere: 1, interval: 100, viewers: 1 },
    { viewersHere: 3, viewersElsewhere: 40, interval: 100, viewers: 43 },
  ];
  for (const { interval, viewers, ...counts } of cases) {
    assert.deepEqual(wantedDemand({ ...SETTINGS, ...counts }), { interval, viewers });
  }
});

Deno.test("wantedDemand never asks for more while nobody watches than while somebody does", () => {
  const slow = { fps: 0.1, idleIntervalMs: 1000, viewersElsewhere: 0 };
  assert.equal(wantedDemand({ ...slow, viewersHere: 0 }).interval, 10_000);
  assert.equal(wantedDemand({ ...slow, viewersHere: 1 }).interval, 10_000);
});
