import assert from "node:assert/strict";
import { nextVersion } from "./ingest.ts";

Deno.test("a version is the time, bumped where the clock does not move on", () => {
  assert.equal(nextVersion(1000.7, 0), 1000);
  assert.equal(nextVersion(1000, 1000), 1001);
  assert.equal(nextVersion(500, 1000), 1001);
});
