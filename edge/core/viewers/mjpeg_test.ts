import assert from "node:assert/strict";
import { thinnedTo } from "./mjpeg.ts";

function taken(fps: number, arrivals: readonly number[]): number {
  return arrivals.filter(thinnedTo(fps)).length;
}

function every(ms: number, seconds: number): number[] {
  return Array.from({ length: seconds * 1000 / ms }, (_, i) => i * ms);
}

Deno.test("the wanted rate is met on average even where it does not divide the camera's", () => {
  assert.equal(taken(4, every(100, 10)), 40);
  assert.equal(taken(3, every(100, 10)), 30);
});

Deno.test("a camera slower than the wanted rate is passed on whole", () => {
  assert.equal(taken(10, every(500, 10)), 20);
});

Deno.test("a pause earns no burst", () => {
  const isDue = thinnedTo(1);
  isDue(0);
  assert.equal(isDue(60_000), true);
  assert.equal(isDue(60_100), false);
});
