import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

Deno.test("what fails for one camera in a tick costs the others nothing", async () => {
  await using edge = await TestEdge.start();
  const jpeg = await baseline();
  for (const cam of ["a", "b"]) await edge.put(jpeg, {}, `/cams/${cam}/live.jpeg`);
  const [broken] = edge.edge.deps.hub.cameras;
  broken.tick = () => {
    throw new Error("a bug");
  };
  await edge.clock.tick(60_000);
  assert.ok(edge.lines.includes("could not look at a"), edge.lines.join("\n"));
  const states = edge.edge.deps.hub.cameras.map((camera) => camera.statusChanges.value?.state);
  assert.deepEqual(states, [undefined, "stale"]);
});
