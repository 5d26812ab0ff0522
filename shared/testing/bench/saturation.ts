// More frames than can be handed out: what one core does at its limit.

import { sideBySide } from "./measure.ts";
import type { BenchOptions, Report } from "./scenario.ts";
import { bareDeno, beside, ceiling, edge } from "./subjects.ts";

/** 300 viewers on streams, 400 frames of 30 KB a second. */
export async function benchSaturation(report: Report, options: BenchOptions): Promise<void> {
  const subjects = [edge, bareDeno, ceiling, ...options.beside.map(beside)];
  const load = { road: "mjpeg", viewers: 300, fps: 400, seconds: 8 } as const;
  const rows = await sideBySide(subjects, options.rounds, load, ({ load, push, ...used }) => ({
    "frames/s": load.normal.framesPerSecond,
    "MB/s": load.normal.megabytesPerSecond,
    "cores": used.cpu / load.seconds,
    "cpu/1000": used.cpu / load.normal.frames * 1000,
    "p50 ms": load.normal.latencyMs.p50,
    "p99 ms": load.normal.latencyMs.p99,
    "pushed/s": push.sent / used.pushSeconds,
    "corrupt": load.normal.corrupt + load.dropped + load.failed,
    "loader cores": used.loaderCores,
    "other cores": used.otherCores,
  }));
  for (const { subject, figures } of rows) report.row(subject, figures);
}
