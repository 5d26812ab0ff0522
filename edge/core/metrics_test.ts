import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../shared/testing/processes.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

Deno.test("what is sent and stored is counted, and told to who may publish only", async () => {
  await using edge = await TestEdge.start();
  const frame = await baseline(160, 120);
  await edge.put(frame);
  await (await edge.request("/live.jpeg")).arrayBuffer();
  while (edge.store.state.writes === 0) await edge.clock.tick(10);
  const stream = await edge.request("/stream.mjpeg");
  const reader = stream.body!.getReader();
  while (!((await reader.read()).value!.length > frame.length));
  await reader.cancel();
  await edge.clock.tick(60_000);
  const status = async (headers: HeadersInit) =>
    await (await edge.request("/status.json", { headers })).json();
  assert.equal((await status({})).cost, undefined);
  assert.equal((await status({ authorization: "Bearer of bad news" })).cost, undefined);
  const before = edge.edge.deps.cost.report().counted;
  await edge.request("/live.jpeg", { method: "HEAD" });
  const { requests, egressBytes } = edge.edge.deps.cost.report().counted;
  assert.deepEqual([requests, egressBytes], [before.requests + 1, before.egressBytes]);
  const { cost } = await status({ authorization: `Bearer ${TEST_TOKEN}` });
  assert.ok(cost.counted.requests >= 5);
  assert.ok(cost.counted.egressBytes > 2 * frame.length, `${cost.counted.egressBytes} bytes`);
  assert.ok(cost.counted.reads > 0 && cost.counted.writes > 0);
  const metrics = await (await edge.request("/metrics")).text();
  assert.match(metrics, /^perch_store_writes_total [1-9]/m);
  assert.match(metrics, /^perch_egress_bytes_total [1-9]/m);
});
