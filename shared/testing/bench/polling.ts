// Pollers: 300 connections that ask for the newest frame every 150 ms, and long polling.

import { type Load, type Measured, sideBySide } from "./measure.ts";
import type { BenchOptions, Figures, Report } from "./scenario.ts";
import { toolPath } from "../tools.ts";
import { bareDeno, nginx, publicEdge, type Subject } from "./subjects.ts";

const POLL: Load = {
  road: "poll",
  path: "/live.jpeg",
  viewers: 300,
  fps: 10,
  interval: 150,
  seconds: 8,
};

/** Plain GETs, GETs with the ETag that is known, and GETs that wait for a newer frame. */
export async function benchPolling(report: Report, options: BenchOptions): Promise<void> {
  const conditional: Subject = { ...publicEdge, name: "edge, ETag" };
  const slowCamera: Subject = { ...publicEdge, name: "edge, ETag, camera at 2 fps" };
  const waiting: Subject = { ...publicEdge, name: "edge, ?wait=10" };
  const subjects = [publicEdge, conditional, slowCamera, waiting, bareDeno];
  if (toolPath("nginx")) subjects.push(nginx);
  else report.note("nginx is not installed");
  const load = (subject: Subject): Load => {
    if (subject === conditional) return { ...POLL, conditional: true };
    if (subject === slowCamera) return { ...POLL, conditional: true, fps: 2 };
    if (subject !== waiting) return POLL;
    return { ...POLL, path: "/live.jpeg?wait=10", conditional: true, interval: 0 };
  };
  const rows = await sideBySide(subjects, options.rounds, load, pollFigures);
  for (const { subject, figures } of rows) report.row(subject, figures);
  report.note(
    "without an answer that waits, a frame is on average half an interval old when asked for",
  );
}

function pollFigures({ load, push, ...used }: Measured): Figures {
  const { normal } = load;
  const answers = normal.fpsMedian * normal.viewers * load.seconds;
  return {
    "answers/s": answers / load.seconds,
    "new frames/s": normal.framesPerSecond,
    "unchanged/s": normal.unchanged / load.seconds,
    "cpu/1000 answers": used.cpu / answers * 1000,
    "p50 ms": normal.latencyMs.p50,
    "p99 ms": normal.latencyMs.p99,
    "PUT p99 ms": push.putMs.p99,
    "RSS MB": used.residentMb,
    "corrupt": normal.corrupt + load.dropped + load.failed,
    "other cores": used.otherCores,
  };
}
