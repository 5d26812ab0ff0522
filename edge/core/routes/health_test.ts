// GET /health, and what it judges by.

import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import type { CameraState, CameraStatus } from "../../../shared/wire.ts";
import { judgeHealth, LoopLag } from "./health.ts";

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

const well = undefined;

function cam(name: string, state: CameraState, ageMs?: number): CameraStatus {
  return { cam: name, state, ageMs, fps: 0, intervalMs: 1000, viewers: 0 };
}

Deno.test("all cameras fresh and the store answering is ok", () => {
  const cams = [cam("a", "live", 100), cam("b", "idle", 9000)];
  assert.deepEqual(judgeHealth(cams, ["a"], well, 0), { ok: true, line: "ok" });
});

Deno.test("an edge that waits for its first camera is ok", () => {
  assert.equal(judgeHealth([], [], well, 0).ok, true);
  assert.equal(judgeHealth([cam("cam", "offline")], [], well, 0).ok, true);
});

Deno.test("a stale camera is named with its age", () => {
  const health = judgeHealth([cam("cam", "stale", 42_900)], [], well, 0);
  assert.deepEqual(health, { ok: false, line: "stale: cam 42 s" });
});

Deno.test("a camera that a token names is missed from the start", () => {
  const line = "offline: nest no frame yet";
  assert.deepEqual(judgeHealth([], ["nest"], well, 0), { ok: false, line });
  assert.deepEqual(judgeHealth([cam("nest", "offline")], ["nest"], well, 0), { ok: false, line });
});

Deno.test("every problem is told, the store's first", () => {
  const store = "no answer within 2 s";
  const health = judgeHealth(
    [cam("a", "offline", 400_000), cam("b", "stale", 31_000)],
    [],
    store,
    0,
  );
  assert.equal(health.line, "store: no answer within 2 s; offline: a 400 s; stale: b 31 s");
});

Deno.test("a stall of the process is told of", () => {
  assert.deepEqual(judgeHealth([], [], well, 999), { ok: true, line: "ok" });
  const line = "stalled: 4.2 s within a minute";
  assert.deepEqual(judgeHealth([], [], well, 4200), { ok: false, line });
});

Deno.test("the worst delay is told of for a minute, and its beginning once", () => {
  const lag = new LoopLag();
  assert.equal(lag.note(3, 1000), false);
  assert.equal(lag.note(4200, 7000), true);
  assert.equal(lag.note(1500, 9000), false);
  assert.equal(lag.worst(60_000), 4200);
  assert.equal(lag.worst(68_000), 0);
  assert.equal(lag.note(1, 68_000), false);
  assert.equal(lag.note(1200, 69_000), true);
});

Deno.test("what comes while nothing is due has not waited for a process that slept", () => {
  const lag = new LoopLag();
  lag.note(3, 1000);
  assert.equal(lag.waited(61_000), 60_000);
  lag.rest();
  assert.equal(lag.waited(61_000), 0);
  lag.note(3, 62_000);
  assert.equal(lag.waited(63_000), 0);
});

Deno.test("strangers learn how many cameras of a private cam are lost, not which", async () => {
  const edge = await TestEdge.start({
    PERCH_VIEW_TOKEN: "view-token-0123456789",
    PERCH_PUBLISH_TOKENS: `${TEST_TOKEN},babys-room=another-token-0123456789`,
    PERCH_STALE_S: "2",
    PERCH_IDLE_INTERVAL_S: "1",
  });
  for (const cam of ["front-door", "back-door"]) {
    await edge.put(await baseline(64, 48), {}, `/cams/${cam}/live.jpeg`);
  }
  await edge.clock.tick(5000);
  for (const accept of ["text/plain", "application/json"]) {
    const answer = await edge.request("/health", { headers: { accept } });
    const text = await answer.text();
    assert.equal(answer.status, 503);
    assert.match(text, /stale: 2 cameras; offline: 1 camera/);
    assert.doesNotMatch(text, /door|room/);
  }
  await edge.stop();
});
