import assert from "node:assert/strict";
import { Workerd } from "../../shared/testing/workerd.ts";

/** What they try with something that is not there: libvips, ports, files, a store that is cut off. */
const ELSEWHERE = [
  "HEAD is answered as GET without the body: its length, or none, and never 0",
  "script, style and page are as small as the docs say, less than 30 KB compressed",
  "a camera that has gone is not told at once any more what is wanted",
  "other instances forget the camera too, and not one that they receive",
  "a kept picture and the live one come smaller with w, and never larger",
  "a damaged picture comes smaller too, and one that cannot be scaled as it is",
  "while the store does not answer the past is not there now, and nothing is broken",
  "another edge over the same store serves the last stored frame at once",
  "a held request ends when its client goes, and costs its address nothing more",
  "where too many pictures are being made, all who wait for the same one are asked to come back",
  "records are smaller pictures where they are asked for, and refused like every route",
  "a client that goes away unannounced frees its place and harms nothing",
  "what stands behind a picture is not served, and tables it leaves out are put in",
];

Deno.test("on Workers the tests of the core hold, and the contract of FrameStore", async (test) => {
  await using workerd = await Workerd.start({
    entry: "shared/testing/core_worker.ts",
    object: "TestObject",
  });
  const titles: string[] = await (await fetch(workerd.url)).json();
  assert.ok(titles.length > 100, titles.join("\n"));
  assert.deepEqual(ELSEWHERE.filter((title) => !titles.includes(title)), []);
  for (const title of titles.filter((title) => !ELSEWHERE.includes(title))) {
    await test.step(title, async () => {
      const response = await fetch(`${workerd.url}/${encodeURIComponent(title)}`);
      assert.equal(await response.text(), "ok");
    });
  }
});
