import assert from "node:assert/strict";
import { persistFrame, silentAfter } from "./persist.ts";

Deno.test("persistFrame stores every frame for others' viewers, else keyframes only", () => {
  const base = { keyframeMs: 300_000, intervalMs: 100, viewersElsewhere: 0 };
  const cases = [
    { sinceKeyframeMs: Infinity, expected: "keyframe" },
    { sinceKeyframeMs: 0, expected: "nothing" },
    { sinceKeyframeMs: 299_900, expected: "nothing" },
    { sinceKeyframeMs: 300_000, expected: "keyframe" },
    { sinceKeyframeMs: 0, viewersElsewhere: 1, expected: "newest" },
    { sinceKeyframeMs: 300_000, viewersElsewhere: 1, expected: "keyframe" },
  ] as const;
  for (const { expected, ...input } of cases) {
    assert.equal(persistFrame({ ...base, ...input }), expected, JSON.stringify(input));
  }
});

Deno.test("persistFrame takes a frame a little early where the next would be much later", () => {
  const idle = { keyframeMs: 300_000, intervalMs: 300_000, viewersElsewhere: 0 };
  assert.equal(persistFrame({ ...idle, sinceKeyframeMs: 299_000 }), "keyframe");
  assert.equal(persistFrame({ ...idle, sinceKeyframeMs: 149_000 }), "nothing");
  assert.equal(persistFrame({ ...idle, intervalMs: 3_600_000, sinceKeyframeMs: 0 }), "nothing");
});

Deno.test("silentAfter does not take an idle camera's own pace for silence", () => {
  assert.equal(silentAfter(100), 10_000);
  assert.equal(silentAfter(10_000), 30_000);
  assert.equal(silentAfter(600_000), 1_800_000);
});
