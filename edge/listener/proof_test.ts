import assert from "node:assert/strict";
import { Proof } from "./proof.ts";

Deno.test("a credential is judged once for a connection and a camera", () => {
  const proof = new Proof();
  const judged: string[] = [];
  const holds = (authorization: string | undefined, cam: string, good: boolean) =>
    proof.holds(authorization, cam, () => {
      judged.push(`${authorization} ${cam}`);
      return good;
    });
  assert.equal(holds(undefined, "cam", true), false);
  assert.equal(holds("Bearer wrong", "cam", false), false);
  assert.equal(holds("Bearer wrong", "cam", false), false);
  assert.equal(holds("Bearer right", "cam", true), true);
  assert.equal(holds("Bearer right", "cam", false), true);
  assert.equal(holds("Bearer righT", "cam", false), false);
  assert.equal(holds("Bearer righ", "cam", false), false);
  assert.equal(holds("Bearer right", "roof", false), false);
  assert.equal(holds("Bearer right", "cam", false), true);
  assert.deepEqual(judged, [
    ...["Bearer wrong cam", "Bearer wrong cam", "Bearer right cam", "Bearer righT cam"],
    ...["Bearer righ cam", "Bearer right roof"],
  ]);
});
