// What the agent did lately, as one line for a log or a terminal. Pure.

import type { CameraActivity } from "./supervisor.ts";
import type { UploadCounts } from "./uploader/uploader.ts";

/** Everything a line tells, counted since the start. */
export interface AgentState {
  readonly activity: CameraActivity;
  /** Why there is no picture, if there is none. */
  readonly cameraError?: string;
  /** Why no frame reaches the edge, if none does. */
  readonly edgeTrouble?: string;
  readonly captured: number;
  readonly upload: Readonly<UploadCounts>;
  readonly restarts: number;
  readonly viewers: number;
  /** Ms the edge wants between frames. */
  readonly interval: number;
}

/** What happened between two states, `ms` apart. */
export function summaryLine(before: AgentState, now: AgentState, ms: number): string {
  const { upload } = now;
  const seconds = ms / 1000;
  const kilobytes = Math.round((upload.sentBytes - before.upload.sentBytes) / 1000);
  const parts = [
    `camera ${now.activity}`,
    `${rate(now.captured - before.captured, seconds)} fps taken`,
    `${upload.sent - before.upload.sent} sent (${kilobytes} kB)`,
    ...counted("not wanted", upload.skipped - before.upload.skipped),
    ...counted("lost", upload.failed - before.upload.failed),
    ...counted("camera failures", now.restarts - before.restarts),
    `${now.viewers} watching`,
  ];
  if (now.cameraError) parts.push(now.cameraError);
  if (now.edgeTrouble) parts.push(now.edgeTrouble);
  return parts.join(", ");
}

/** The same for a terminal: short enough for one row of `columns`. */
export function statusLine(
  before: AgentState,
  now: AgentState,
  ms: number,
  columns: number,
): string {
  const line = summaryLine(before, now, ms);
  return line.length < columns ? line : line.slice(0, Math.max(0, columns - 2)) + "…";
}

function rate(count: number, seconds: number): string {
  return String(Math.round(10 * count / seconds) / 10);
}

function counted(what: string, count: number): string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}
