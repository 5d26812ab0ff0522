import assert from "node:assert/strict";
import { isCamId, nextVersion } from "./frame.ts";

Deno.test("a version is the time, bumped where the clock does not move on", () => {
  assert.equal(nextVersion(1000.7, 0), 1000);
  assert.equal(nextVersion(1000, 1000), 1001);
  assert.equal(nextVersion(500, 1000), 1001);
});

Deno.test("camera ids are short and safe in paths", () => {
  for (const id of ["cam", "a", "0", "nest-2", "a".repeat(32)]) assert.ok(isCamId(id), id);
  for (const id of ["", "-a", "A", "a_b", "a/b", "..", "a ", "a".repeat(33), "ä"]) {
    assert.ok(!isCamId(id), id);
  }
});
