// What a camera's state is, what is asked of it, and what the log says of it.

import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import type { CameraState } from "../../../shared/wire.ts";
import { cameraState, type StateInput, wantedDemand } from "./state.ts";

const CASES: readonly [why: string, input: Partial<StateInput>, state: CameraState][] = [
  ["never had a frame", { ageMs: undefined }, "offline"],
  ["fresh and watched", { ageMs: 100, watched: true }, "live"],
  ["fresh and not watched", { ageMs: 100 }, "idle"],
  ["just under the stale age", { ageMs: 29_999, watched: true }, "live"],
  ["at the stale age", { ageMs: 30_000, watched: true }, "stale"],
  ["late, but not for what was asked of it", { ageMs: 200_000, intervalMs: 120_000 }, "idle"],
  ["three intervals late", { ageMs: 360_000, intervalMs: 120_000 }, "stale"],
  ["known from the store, where every frame is not", { ageMs: 320_000, lagMs: 300_000 }, "idle"],
  ["away from the store too", { ageMs: 330_000, lagMs: 300_000 }, "stale"],
  ["gone for ten times the stale age", { ageMs: 300_000 }, "offline"],
];

for (const [why, input, state] of CASES) {
  Deno.test(`a camera that ${why} is ${state}`, () => {
    const defaults = { ageMs: 0, intervalMs: 10_000, watched: false, staleMs: 30_000, lagMs: 0 };
    assert.equal(cameraState({ ...defaults, ...input }), state);
  });
}

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

Deno.test("losing the signal, getting it back and trouble are a line each, viewers are none", async () => {
  await using edge = await TestEdge.start();
  const jpeg = await baseline(64, 48);
  const seconds = (count: number) => edge.clock.tick(1000 * count);
  await edge.put(jpeg);
  await seconds(2);
  await (await edge.request("/live.jpeg")).body?.cancel();
  await seconds(40);
  await edge.put(jpeg);
  await seconds(2);
  const report = { state: "failing", error: "no cameras available" };
  await edge.request("/report", {
    method: "PUT",
    body: JSON.stringify(report),
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  await seconds(2);
  await edge.put(jpeg);
  await seconds(2);
  assert.deepEqual(edge.lines, [
    "no signal",
    "the signal is back",
    "the camera is in trouble",
    "the camera is well again",
  ]);
});
