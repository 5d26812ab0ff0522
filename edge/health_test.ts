import assert from "node:assert/strict";
import type { CameraState, CameraStatus } from "../shared/wire.ts";
import { judgeHealth } from "./health.ts";

const well = { answering: true, failures: 0, pending: 0 };

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
  const store = { answering: false, problem: "no answer within 2 s", failures: 3, pending: 0 };
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
