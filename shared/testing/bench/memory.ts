// What a viewer costs in memory: one viewer against a thousand, on a fresh server each.

import { measure } from "./measure.ts";
import type { Report } from "./scenario.ts";
import { bareDeno, edge, type Subject } from "./subjects.ts";

const CROWD = 1000;

/** Memory of the whole process, for a viewer more. */
export async function benchMemory(report: Report): Promise<void> {
  const subjects: [Subject, "mjpeg" | "socket"][] = [
    [edge, "mjpeg"],
    [edge, "socket"],
    [bareDeno, "mjpeg"],
    [bareDeno, "socket"],
  ];
  for (const [subject, road] of subjects) {
    const one = await residentMb(subject, road, 1);
    const many = await residentMb(subject, road, CROWD);
    report.row(`${subject.name}, ${road}`, {
      "RSS MB, 1 viewer": one,
      [`RSS MB, ${CROWD} viewers`]: many,
      "KB a viewer": (many - one) / (CROWD - 1) * 1000,
    });
  }
}

async function residentMb(
  subject: Subject,
  road: "mjpeg" | "socket",
  viewers: number,
): Promise<number> {
  await using server = await subject.start();
  const acknowledge = server.skip > 0;
  const { residentMb } = await measure(server, {
    road,
    acknowledge,
    viewers,
    fps: 10,
    seconds: 10,
    ramp: 4,
  });
  return residentMb;
}
