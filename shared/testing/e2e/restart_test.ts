// The edge is killed and comes back: what was stored is there at once, and called what it is.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, startEdge } from "../processes.ts";
import { until } from "../wait.ts";
import { TempDir } from "../temp.ts";

Deno.test("killed, the edge serves a picture of the last two seconds when it is back, and calls it stale", async () => {
  await using folder = new TempDir();
  const env = {
    PERCH_KV_PATH: `${folder}/perch.db`,
    PERCH_STALE_S: "1",
    PERCH_IDLE_INTERVAL_S: "1",
  };
  await using edge = await startEdge({ env });
  const first = await baseline(160, 120);
  assert.equal((await putFrame(edge.url, first)).status, 204);
  const newest = await baseline(160, 120);
  // Nobody watches, and it is no keyframe.
  const { headers } = await putFrame(edge.url, newest);
  await until("both are stored", async () => await edge.metric("perch_store_writes_total") >= 2);
  await edge.stop("SIGKILL");

  await using again = await startEdge({ env });
  const response = await fetch(`${again.url}/live.jpeg`);
  assert.deepEqual(await response.bytes(), newest);
  assert.equal(response.headers.get("etag"), headers.get("etag"));
  const state = async () => (await (await fetch(`${again.url}/status.json`)).json()).state;
  await until("it is stale", async () => await state() === "stale");
  assert.match(await again.health(), /^stale: /);
});
