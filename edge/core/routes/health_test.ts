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
  const json = await edge.request("/health", { headers: { accept: "application/json" } });
  const { ok, cams: [cam] } = await json.json();
  assert.deepEqual([ok, cam.state, cam.viewers], [true, "idle", 0], "a probe is no viewer");
  await edge.clock.tick(42_000);
  const ill = await edge.request("/health");
  assert.equal(ill.status, 503);
  assert.equal(await ill.text(), "stale: cam 42 s\n");
  const live = await edge.request("/health?live");
  assert.equal(await live.text(), "ok\n");
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

function cam(name: string, state: CameraState, ageMs?: number): CameraStatus {
  return { cam: name, state, ageMs, fps: 0, intervalMs: 1000, viewers: 0 };
}

Deno.test("health names every camera that is lost or missed, the store's trouble and a stall", () => {
  const lost = [cam("a", "offline", 400_000), cam("b", "stale", 31_900)];
  const cases: [line: string, ...Parameters<typeof judgeHealth>][] = [
    ["ok", [cam("a", "live", 100), cam("b", "idle", 9000)], ["a"], undefined, 0],
    // An edge that waits for its first camera.
    ["ok", [], [], undefined, 999],
    ["ok", [cam("cam", "offline")], [], undefined, 0],
    ["stale: b 31 s", lost.slice(1), [], undefined, 0],
    ["offline: nest no frame yet", [], ["nest"], undefined, 0],
    ["offline: nest no frame yet", [cam("nest", "offline")], ["nest"], undefined, 0],
    ["store: no answer; offline: a 400 s; stale: b 31 s", lost, [], "no answer", 0],
    ["stalled: 4.2 s within a minute", [], [], undefined, 4200],
  ];
  for (const [line, ...input] of cases) {
    assert.deepEqual(judgeHealth(...input), { ok: line === "ok", line });
  }
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
