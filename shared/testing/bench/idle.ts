// A day of a camera that nobody watches: bytes sent, beside those of one that sends every frame.

import { simulateIdle } from "../idle_day.ts";
import type { Report } from "./scenario.ts";

/** A simulated day each with the default setting and with one frame in two minutes. */
export async function benchIdle(report: Report): Promise<void> {
  for (const idleIntervalS of [10, 120]) {
    const { sent, requests, bytes, naiveBytes } = await simulateIdle(24, idleIntervalS);
    report.row(`PERCH_IDLE_INTERVAL_S=${idleIntervalS}`, {
      "frames sent": sent,
      requests,
      "MB a day": Math.round(bytes / 1e5) / 10,
      "MB a day, every frame": Math.round(naiveBytes / 1e6),
      "times less": Math.round(10 * naiveBytes / bytes) / 10,
    });
  }
  report.note("5 frames a second of 30 KB taken; bytes with HTTP headers, without TCP and TLS");
}
