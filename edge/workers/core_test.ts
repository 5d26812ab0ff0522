import assert from "node:assert/strict";
import { Workerd } from "../../shared/testing/workerd.ts";

/** What they try with something that this home has not: a feed that is scaled, a store that is cut off. */
const ELSEWHERE = [
  "while the store does not answer the past is not there now, and nothing is broken",
  "where too many pictures are being made, all who wait for the same one are asked to come back",
  "records are smaller pictures where they are asked for, and refused like every route",
];

Deno.test("on Workers the tests of the core hold, and the contract of FrameStore", async (test) => {
  await using workerd = await Workerd.start({
    entry: "shared/testing/core_worker.ts",
    object: "TestObject",
  });
  const titles: string[] = await (await fetch(workerd.url)).json();
  assert.ok(titles.length > 100, titles.join("\n"));
  let elsewhere = 0;
  for (const title of titles.filter((title) => !ELSEWHERE.includes(title))) {
    await test.step(title, async () => {
      const response = await fetch(`${workerd.url}/${encodeURIComponent(title)}`);
      const text = await response.text();
      if (text === "elsewhere") elsewhere++;
      else assert.equal(text, "ok");
    });
  }
  // Those that want a port, a file or libvips are few.
  assert.ok(elsewhere < titles.length / 10, `${elsewhere} of ${titles.length}`);
});
