import assert from "node:assert/strict";
import type { Log } from "../shared/log.ts";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import { CLEAR_ROW, showState } from "./show_state.ts";
import type { AgentState } from "./summary.ts";

const STATE: AgentState = {
  activity: "running",
  captured: 0,
  upload: { sent: 0, sentBytes: 0, skipped: 0, failed: 0 },
  restarts: 0,
  viewers: 0,
  interval: 200,
};

async function show(ms: number, terminal: boolean): Promise<{ lines: string[]; rows: string[] }> {
  const clock = new FakeClock();
  const lines: string[] = [];
  const rows: string[] = [];
  const note = (message: string) => void lines.push(message);
  const log: Log = { info: note, warn: note, error: note };
  const stderr = {
    writeSync: (bytes: Uint8Array) => rows.push(new TextDecoder().decode(bytes)) && bytes.length,
  };
  const screen = terminal ? { stderr, consoleSize: () => ({ columns: 60 }) } : undefined;
  let captured = 0;
  const state = () => ({ ...STATE, captured: captured += 5 });
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
});

Deno.test("a terminal whose window was closed ends nothing", async () => {
  const clock = new FakeClock();
  const note = () => {};
  const gone = () => {
    throw new Error("Input/output error (os error 5)");
  };
  const terminal = { stderr: { writeSync: gone }, consoleSize: () => ({ columns: 60 }) };
  const stop = new AbortController();
  const log = { info: note, warn: note, error: note };
  const shown = showState({ clock, log, terminal, state: () => STATE }, stop.signal);
  await clock.tick(3000);
  stop.abort();
  await shown;
});
