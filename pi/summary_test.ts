import assert from "node:assert/strict";
import { type AgentState, statusLine, summaryLine } from "./summary.ts";

const START: AgentState = {
  activity: "running",
  captured: 100,
  upload: { sent: 90, sentBytes: 1_000_000, skipped: 1, failed: 0 },
  restarts: 2,
  viewers: 0,
  interval: 200,
};
const LATER: AgentState = {
  ...START,
  captured: 400,
  upload: { sent: 380, sentBytes: 16_000_000, skipped: 1, failed: 3 },
  viewers: 2,
};

Deno.test("a summary tells what happened since the last, and leaves out what did not", () => {
  assert.equal(
    summaryLine(START, LATER, 60_000),
    "camera running, 5 fps taken, 290 sent (15000 kB), 3 lost, 2 watching",
  );
});

Deno.test("a summary says why there is no picture", () => {
  const state = { ...LATER, activity: "failing" as const, cameraError: "no camera found" };
  assert.match(
    summaryLine(state, state, 1000),
    /^camera failing, 0 fps taken, .*, no camera found$/,
  );
});

Deno.test("a status line never wraps", () => {
  assert.equal(statusLine(START, LATER, 60_000, 30).length, 29);
});
