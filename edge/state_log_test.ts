import assert from "node:assert/strict";
import { baseline } from "../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../shared/testing/processes.ts";
import { TestEdge } from "../shared/testing/test_edge.ts";

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
