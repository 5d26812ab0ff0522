// Viewers on slow lines beside healthy ones: how old the picture is that they see.

import { type Load, sideBySide } from "./measure.ts";
import type { BenchOptions, Report } from "./scenario.ts";
import { bareDeno, edge, type Subject } from "./subjects.ts";

const ROADS: readonly [subject: Subject, load: Partial<Load>][] = [
  [{ ...edge, name: "edge, WebSocket with acks" }, { road: "socket", acknowledge: true }],
  [{ ...edge, name: "edge, chained GETs" }, {
    road: "poll",
    path: "/live.jpeg?wait=10",
    conditional: true,
    interval: 0,
  }],
  [{ ...edge, name: "edge, MJPEG" }, { road: "mjpeg" }],
  [{ ...bareDeno, name: "bare Deno, MJPEG" }, { road: "mjpeg" }],
];

/** 20 of 100 viewers read 64 KB/s, then 8 KB/s, of 300 KB/s that there are. */
export async function benchSlow(report: Report, options: BenchOptions): Promise<void> {
  for (const kilobytes of [64, 8]) {
    const load = (subject: Subject): Load => ({
      road: "mjpeg",
      viewers: 100,
      slow: 20,
      slowRate: kilobytes * 1024,
      fps: 10,
      seconds: 60,
      ...ROADS.find(([one]) => one === subject)![1],
    });
    const subjects = ROADS.map(([subject]) => subject);
    const rows = await sideBySide(subjects, options.rounds, load, ({ load, ...used }) => ({
      "slow fps": load.slow.fpsMedian,
      "age p50 ms": load.slow.latencyMs.p50,
      "age p95 ms": load.slow.latencyMs.p95,
      "age max ms": load.slow.latencyMs.max,
      "replaced p95 ms": load.slow.replacedMs.p95,
      "healthy fps min": load.normal.fpsMin,
      "healthy p99 ms": load.normal.latencyMs.p99,
      "other cores": used.otherCores,
    }));
    for (const { subject, figures } of rows) report.row(`${kilobytes} KB/s, ${subject}`, figures);
  }
  report.note(
    "age: of a picture as its last byte comes; replaced: as the next one takes its place",
  );
}
