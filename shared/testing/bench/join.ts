// How soon a new viewer has its first picture, while others watch.

import { sideBySide } from "./measure.ts";
import type { BenchOptions, Report } from "./scenario.ts";
import { bareDeno, ceiling, edge, type Subject } from "./subjects.ts";

/** 200 viewers who come one after another, 25 ms apart, to a camera at 4 fps. */
export async function benchJoin(report: Report, options: BenchOptions): Promise<void> {
  const socket: Subject = { ...edge, name: "edge, WebSocket" };
  const load = (subject: Subject) => ({
    road: subject === socket ? "socket" as const : "mjpeg" as const,
    acknowledge: subject === socket,
    viewers: 200,
    fps: 4,
    seconds: 2,
    ramp: 5,
  });
  const subjects = [edge, socket, bareDeno, ceiling];
  const rows = await sideBySide(subjects, options.rounds, load, ({ load, ...used }) => ({
    "first picture p50 ms": load.normal.firstMs.p50,
    "p95 ms": load.normal.firstMs.p95,
    "p99 ms": load.normal.firstMs.p99,
    "other cores": used.otherCores,
  }));
  for (const { subject, figures } of rows) report.row(subject, figures);
  report.note(
    "from the request (the upgrade, for a WebSocket) to the last byte of the first picture",
  );
}
