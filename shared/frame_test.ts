import assert from "node:assert/strict";
import { isCamId } from "./frame.ts";

Deno.test("camera ids are short and safe in paths", () => {
  for (const id of ["cam", "a", "0", "nest-2", "a".repeat(32)]) assert.ok(isCamId(id), id);
  for (const id of ["", "-a", "A", "a_b", "a/b", "..", "a ", "a".repeat(33), "ä"]) {
    assert.ok(!isCamId(id), id);
  }
});
