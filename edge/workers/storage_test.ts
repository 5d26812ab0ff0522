import assert from "node:assert/strict";
import { Workerd } from "../../shared/testing/workerd.ts";

Deno.test("frames in a Durable Object's SQLite keep the contract of FrameStore", async (test) => {
  await using workerd = await Workerd.start({
    entry: "shared/testing/store_worker.ts",
    object: "ContractObject",
  });
  const titles: string[] = await (await fetch(workerd.url)).json();
  assert.ok(titles.length > 10, titles.join("\n"));
  for (const title of titles) {
    await test.step(title, async () => {
      const response = await fetch(`${workerd.url}/${encodeURIComponent(title)}`);
      assert.equal(await response.text(), "ok");
    });
  }
});
