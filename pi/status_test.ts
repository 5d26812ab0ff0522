import assert from "node:assert/strict";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import { fakeLog } from "../shared/testing/fake_log.ts";
import { type AgentState, CLEAR_ROW, showState, summaryLine } from "./status.ts";

const STATE: AgentState = {
  activity: "running",
  captured: 0,
  upload: { sent: 0, sentBytes: 0, skipped: 0, failed: 0 },
  restarts: 0,
  viewers: 0,
};

async function show(ms: number, terminal: boolean, edgeTrouble?: string, columns = 100) {
  const clock = new FakeClock();
  const { lines, log } = fakeLog();
  const rows: string[] = [];
  const stderr = {
    writeSync: (bytes: Uint8Array) => rows.push(new TextDecoder().decode(bytes)) && bytes.length,
  };
  const screen = terminal ? { stderr, consoleSize: () => ({ columns }) } : undefined;
  let captured = 0;
  const state = () => ({ ...STATE, edgeTrouble, captured: captured += 5 });
  const stop = new AbortController();
  const shown = showState({ clock, log, terminal: screen, state }, stop.signal);
  await clock.tick(ms);
  stop.abort();
  await shown;
  return { lines, rows };
}

Deno.test("without a terminal there is one line a minute", async () => {
  const { lines } = await show(3 * 60_000 + 5000, false);
  assert.equal(lines.length, 3);
  assert.equal(lines[0], "camera running, 0.1 fps taken, 0 sent (0 kB), 0 watching");
});

Deno.test("a terminal has one row that is rewritten each second, and is left clean", async () => {
  const { lines, rows } = await show(3000, true);
  assert.deepEqual(lines, []);
  assert.equal(rows.length, 4);
  assert.ok(rows[0].startsWith(`${CLEAR_ROW}camera running, 5 fps taken`), rows[0]);
  assert.equal(rows[3], CLEAR_ROW);
  const [cut] = (await show(1000, true, "", 30)).rows;
  assert.equal(cut, `${CLEAR_ROW}camera running, 5 fps taken,…`, "it never wraps");
});

Deno.test("what others said does not steer the terminal", async () => {
  const { rows } = await show(1000, true, "\x1b[2J\r\u009b1mNo.");
  assert.match(rows[0].slice(CLEAR_ROW.length), /^camera running, \P{Cc}+ \[2J {2}1mNo\.$/u);
});

Deno.test("a terminal whose window was closed ends nothing", async () => {
  const clock = new FakeClock();
  const gone = () => {
    throw new Error("Input/output error (os error 5)");
  };
  const terminal = { stderr: { writeSync: gone }, consoleSize: () => ({ columns: 60 }) };
  const stop = new AbortController();
  const { log } = fakeLog();
  const shown = showState({ clock, log, terminal, state: () => STATE }, stop.signal);
  await clock.tick(3000);
  stop.abort();
  await shown;
});

Deno.test("a summary tells what happened since the last, leaves out what did not, and says why", () => {
  const upload = { sent: 90, sentBytes: 1_000_000, skipped: 1, failed: 0 };
  const before = { ...STATE, captured: 100, upload, restarts: 2 };
  const sent = { ...upload, sent: 380, sentBytes: 16_000_000, failed: 3 };
  const now = { ...before, captured: 400, upload: sent, viewers: 2 };
  const told = "5 fps taken, 290 sent (15000 kB), 3 lost, 2 watching";
  assert.equal(summaryLine(before, now, 60_000), `camera running, ${told}`);
  const failing = { ...now, activity: "failing" as const, cameraError: "no camera found" };
  assert.equal(
    summaryLine(before, failing, 60_000),
    `camera failing, ${told}, no camera found`,
  );
});
