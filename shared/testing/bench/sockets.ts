// The WebSocket road, acknowledgements included, beside the MJPEG road.

import { fanOutFigures } from "./fan_out.ts";
import { sideBySide } from "./measure.ts";
import type { BenchOptions, Report } from "./scenario.ts";
import { bareDeno, edge, type Subject } from "./subjects.ts";

const MJPEG: Subject = { ...edge, name: "edge, MJPEG" };
const SOCKET: Subject = { ...edge, name: "edge, WebSocket with acks" };
const BARE: Subject = { ...bareDeno, name: "bare Deno, WebSocket unasked" };

/** 300 viewers at 10 fps, then at as much as goes. */
export async function benchSockets(report: Report, options: BenchOptions): Promise<void> {
  for (const fps of [10, 400]) {
    const load = (subject: Subject) => ({
      road: subject === MJPEG ? "mjpeg" as const : "socket" as const,
      acknowledge: subject === SOCKET,
      viewers: 300,
      fps,
      seconds: 8,
    });
    const rows = await sideBySide([MJPEG, SOCKET, BARE], options.rounds, load, fanOutFigures);
    for (const { subject, figures } of rows) report.row(`${fps} fps, ${subject}`, figures);
  }
}
