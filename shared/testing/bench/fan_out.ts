// The same frames to crowds of different sizes: what each server spends, and how late frames are.

import { type Load, type Measured, sideBySide } from "./measure.ts";
import type { BenchOptions, Figures, Report } from "./scenario.ts";
import { bareDeno, beside, ceiling, edge } from "./subjects.ts";

const SECONDS = 12;
const CROWDS: readonly [viewers: number, kilobytes: number][] = [
  [10, 30],
  [100, 30],
  [100, 100],
  [300, 30],
  [1000, 30],
];

/** Edge, bare Deno and the machine's limit with each crowd. */
export async function benchFanOut(report: Report, options: BenchOptions): Promise<void> {
  const subjects = [edge, bareDeno, ceiling, ...options.beside.map(beside)];
  for (const [viewers, kilobytes] of CROWDS) {
    const load: Load = {
      road: "mjpeg",
      viewers,
      fps: 10,
      size: kilobytes * 1024,
      seconds: SECONDS,
      ramp: Math.max(1, viewers / 300),
    };
    const rows = await sideBySide(subjects, options.rounds, load, fanOutFigures);
    for (const { subject, figures } of rows) {
      report.row(`${viewers} x ${kilobytes} KB, ${subject}`, figures);
    }
  }
  report.note("cpu/1000: server CPU seconds for 1,000 delivered frames");
  report.note("latency: from before the upload until the last byte is at the viewer");
}

/** The usual columns of a crowd on streams or sockets. */
export function fanOutFigures({ load, push, ...used }: Measured): Figures {
  const { normal } = load;
  return {
    "fps": normal.fpsMedian,
    "fps min": normal.fpsMin,
    "p50 ms": normal.latencyMs.p50,
    "p99 ms": normal.latencyMs.p99,
    "max ms": normal.latencyMs.max,
    "cpu/1000": used.cpu / normal.frames * 1000,
    "cores": used.cpu / load.seconds,
    "PUT p50 ms": push.putMs.p50,
    "PUT p99 ms": push.putMs.p99,
    "RSS MB": used.residentMb,
    "corrupt": normal.corrupt + load.dropped + load.failed,
    "loader cores": used.loaderCores,
    "other cores": used.otherCores,
  };
}
