import assert from "node:assert/strict";
import { LoopLag } from "./loop_lag.ts";

Deno.test("the worst delay is told of for a minute, and its beginning once", () => {
  const lag = new LoopLag();
  assert.equal(lag.note(3, 1000), false);
  assert.equal(lag.note(4200, 7000), true);
  assert.equal(lag.note(1500, 9000), false);
  assert.equal(lag.worst(60_000), 4200);
  assert.equal(lag.worst(68_000), 0);
  assert.equal(lag.note(1, 68_000), false);
  assert.equal(lag.note(1200, 69_000), true);
});
