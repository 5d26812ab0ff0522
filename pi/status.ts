// Shows how the agent is doing: a line that is rewritten on a terminal, one a minute in a log.

import type { Clock } from "../shared/clock.ts";
import { type Log, plain } from "../shared/log.ts";
import type { CameraActivity } from "./supervisor.ts";
import type { UploadCounts } from "./uploader/uploader.ts";

/** A terminal, as far as it is needed. */
interface Terminal {
  readonly stderr: { writeSync(bytes: Uint8Array): number };
  consoleSize(): { readonly columns: number };
}

interface ShowOptions {
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
    const line = summaryLine(before, now, ms);
    if (terminal) rewrite(terminal, line);
    else log.info(line);
    before = now;
    at += ms;
  }
  if (terminal) rewrite(terminal, "");
}

/** Puts as much of `line` as fits in place of the row the cursor is in. */
function rewrite(terminal: Terminal, line: string): void {
  try {
    const { columns } = terminal.consoleSize();
    const row = line.length < columns ? line : line.slice(0, Math.max(0, columns - 2)) + "…";
    terminal.stderr.writeSync(new TextEncoder().encode(CLEAR_ROW + plain(row)));
  } catch {
    // Its window was closed: nobody looks any more, and the camera goes on.
  }
}

/** Everything a line tells, counted since the start. */
export interface AgentState {
  readonly activity: CameraActivity;
  readonly cameraError?: string;
  readonly edgeTrouble?: string;
  readonly captured: number;
  readonly upload: Readonly<UploadCounts>;
  readonly restarts: number;
  readonly viewers: number;
}

/** What happened between two states, `ms` apart. */
export function summaryLine(before: AgentState, now: AgentState, ms: number): string {
  const { upload } = now;
  const fps = Math.round(10_000 * (now.captured - before.captured) / ms) / 10;
  const kilobytes = Math.round((upload.sentBytes - before.upload.sentBytes) / 1000);
  const parts = [
    `camera ${now.activity}`,
    `${fps} fps taken`,
    `${upload.sent - before.upload.sent} sent (${kilobytes} kB)`,
    counted("not wanted", upload.skipped - before.upload.skipped),
    counted("lost", upload.failed - before.upload.failed),
    counted("camera failures", now.restarts - before.restarts),
    `${now.viewers} watching`,
  ];
  return [...parts, now.cameraError, now.edgeTrouble].filter(Boolean).join(", ");
}

function counted(what: string, count: number): string | undefined {
  return count === 0 ? undefined : `${count} ${what}`;
}
