// Shows how the agent is doing: a line that is rewritten on a terminal, one a minute in a log.

import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import { type AgentState, statusLine, summaryLine } from "./summary.ts";

/** A terminal, as far as it is needed. */
export interface Terminal {
  readonly stderr: { writeSync(bytes: Uint8Array): number };
  consoleSize(): { readonly columns: number };
}

/** What is shown where. */
export interface ShowOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where nobody is looking. */
  readonly terminal?: Terminal;
  state(): AgentState;
}

/** Puts the cursor at the start of an empty row. */
export const CLEAR_ROW = "\r\x1b[K";

const TERMINAL_MS = 1000;
const LOG_MS = 60_000;

/** Shows the state until `signal` aborts. */
export async function showState(options: ShowOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, terminal, state } = options;
  const period = terminal ? TERMINAL_MS : LOG_MS;
  let before = state();
  let at = clock.monotonic();
  for (;;) {
    await clock.sleep(period, signal).catch(() => {});
    if (signal.aborted) break;
    const now = state();
    const ms = clock.monotonic() - at;
    if (terminal) rewrite(terminal, (columns) => statusLine(before, now, ms, columns));
    else log.info(summaryLine(before, now, ms));
    before = now;
    at += ms;
  }
  if (terminal) rewrite(terminal, () => "");
}

/** Puts `text` in place of the row the cursor is in. */
function rewrite(terminal: Terminal, text: (columns: number) => string): void {
  try {
    const row = CLEAR_ROW + text(terminal.consoleSize().columns);
    terminal.stderr.writeSync(new TextEncoder().encode(row));
  } catch {
    // Its window was closed: nobody looks any more, and the camera goes on.
  }
}
