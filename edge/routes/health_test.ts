import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const frame = await baseline(160, 120);

Deno.test("health is ok while the camera is fresh, 503 with its age when it is not", async () => {
  await using edge = await TestEdge.start();
  await edge.put(frame);
  const well = await edge.request("/health");
  assert.equal(well.status, 200);
  assert.equal(await well.text(), "ok\n");
  assert.equal(well.headers.get("cache-control"), "no-store");
  await edge.clock.tick(42_000);
  const ill = await edge.request("/health");
  assert.equal(ill.status, 503);
  assert.equal(await ill.text(), "stale: cam 42 s\n");
  const live = await edge.request("/health?live");
  assert.equal(await live.text(), "ok\n");
});

Deno.test("health in JSON has the cameras", async () => {
  await using edge = await TestEdge.start();
  await edge.put(frame);
  const response = await edge.request("/health", { headers: { accept: "application/json" } });
  const health = await response.json();
  assert.equal(health.ok, true);
  assert.equal(health.cams[0].state, "idle");
});

Deno.test("a health probe is no viewer", async () => {
  await using edge = await TestEdge.start();
  await edge.put(frame);
  await edge.request("/health");
  const { viewers } = await (await edge.request("/status.json")).json();
  assert.equal(viewers, 0);
});

Deno.test("metrics are Prometheus text with what came in and went out", async () => {
  await using edge = await TestEdge.start();
  await edge.put(frame);
  await edge.put(new Uint8Array(3));
  await (await edge.request("/live.jpeg")).body?.cancel();
  const response = await edge.request("/metrics");
  assert.match(response.headers.get("content-type")!, /version=0\.0\.4/);
  const text = await response.text();
  assert.match(text, /^perch_frames_received_total 1$/m);
  assert.match(text, /^perch_frames_refused_total 1$/m);
  assert.match(text, /^perch_stills_sent_total 1$/m);
  assert.match(text, /^perch_viewers\{cam="cam"\} 1$/m);
  assert.match(text, /^# TYPE perch_frames_received_total counter$/m);
});
