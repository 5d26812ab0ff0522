// Tells the edge how the camera is, so that a page can say why there is no picture.

import type { Clock } from "../shared/clock.ts";
import type { Latest } from "../shared/latest.ts";
import type { Report } from "../shared/wire.ts";
import type { Verdict } from "./uploader/transport.ts";
import { within } from "../shared/timeout.ts";

/** Ms between tries. */
const RETRY_MS = 5000;

/** Ms after which a camera in trouble says so again, in case the edge was restarted. */
const REPEAT_MS = 60_000;

/** Ms a report may take. */
const SEND_MS = 10_000;

/** What a reporter needs. */
export interface ReporterOptions {
  readonly clock: Clock;
  readonly reports: Latest<Report>;
  send(report: Report, signal: AbortSignal): Promise<Verdict>;
}

/** Sends the newest report, whenever there is one, until `signal` aborts. */
export async function runReporter(options: ReporterOptions, signal: AbortSignal): Promise<void> {
  const { clock, reports, send } = options;
  let sent = 0;
  while (!signal.aborted) {
    try {
      const { seq, value } = await reports.next(sent, signal);
      const verdict = await within(clock, SEND_MS, signal, (timed) => send(value, timed));
      const again = verdict.kind === "failed" || verdict.kind === "busy";
      sent = again ? seq - 1 : seq;
      if (again) await clock.sleep(RETRY_MS, signal);
      else if (value.error !== undefined && await quiet(options, seq, signal)) sent = seq - 1;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Whether nothing new was to be said for a while. */
async function quiet(
  { clock, reports }: ReporterOptions,
  seq: number,
  signal: AbortSignal,
): Promise<boolean> {
  const news = within(clock, REPEAT_MS, signal, (timed) => reports.next(seq, timed));
  return await news.then(() => false, () => true);
}
