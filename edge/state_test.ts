import assert from "node:assert/strict";
import type { CameraState } from "../shared/wire.ts";
import { cameraState, type StateInput } from "./state.ts";

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
