// How old frames are on an instance that does not receive the camera, and whether all arrive.

import { type CrowdOptions, watchFromAfar } from "../crowd.ts";
import { KvConnectServer } from "../kv_connect.ts";
import { quantile } from "../numbered_camera.ts";
import type { Report } from "./scenario.ts";

const CROWD: CrowdOptions = { viewers: 100, fps: 5, frames: 100 };

/** Two instances on one store: viewers on one, the camera on the other. */
export async function benchInstances(report: Report): Promise<void> {
  report.note(`${CROWD.viewers} viewers on B, camera on A at ${CROWD.fps} fps, 30 KB, loopback`);
  await using server = new KvConnectServer();
  await measure(report, "KV Connect", server.url);
  const dir = await Deno.makeTempDir();
  await measure(report, "one SQLite file", `${dir}/perch.sqlite3`);
  await Deno.remove(dir, { recursive: true });
}

async function measure(report: Report, name: string, kvPath: string): Promise<void> {
  const { sent, viewers } = await watchFromAfar(kvPath, CROWD);
  const ages = viewers.flatMap((viewer) => viewer.ages);
  const sum = (of: "torn" | "repeated") => viewers.reduce((all, viewer) => all + viewer[of], 0);
  report.row(name, {
    "frames sent": sent,
    "fewest seen": Math.min(...viewers.map(({ numbers }) => numbers.length)),
    "age p50 ms": quantile(ages, 0.5),
    "p99 ms": quantile(ages, 0.99),
    "max ms": quantile(ages, 1),
    "torn": sum("torn"),
    "repeated": sum("repeated"),
  });
}
