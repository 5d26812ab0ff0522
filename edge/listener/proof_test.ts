import assert from "node:assert/strict";
import type { RequestHead } from "./request_head.ts";
import { Proof } from "./proof.ts";

function headWith(authorization: string | undefined): RequestHead {
  const headers = new Map(authorization === undefined ? [] : [["authorization", authorization]]);
  return { method: "PUT", target: "/live.jpeg", headers, bytes: 0, bodyBytes: 0 };
}

Deno.test("a credential is judged once for a connection and a camera", () => {
  const proof = new Proof();
  const judged: string[] = [];
  const holds = (authorization: string | undefined, cam: string, good: boolean) =>
    proof.holds(headWith(authorization), cam, ({ headers }, cam) => {
      judged.push(`${headers.get("authorization")} ${cam}`);
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
