// How old frames are on an instance that does not receive the camera, and whether all arrive.

import { type CrowdOptions, watchFromAfar } from "../crowd.ts";
import { KvConnectServer } from "../kv_connect.ts";
import { quantile } from "../numbered_camera.ts";

const CROWD: CrowdOptions = { viewers: 100, fps: 5, frames: 100 };

/** Prints a line for each kind of store. */
export async function benchInstances(): Promise<void> {
  console.log(`${CROWD.viewers} viewers on B, camera on A at ${CROWD.fps} fps, 30 KB, loopback`);
  await using server = new KvConnectServer();
  await measure("KV Connect", server.url);
  const dir = await Deno.makeTempDir();
  await measure("one SQLite file", `${dir}/perch.sqlite3`);
  await Deno.remove(dir, { recursive: true });
}

async function measure(name: string, kvPath: string): Promise<void> {
  const { sent, viewers } = await watchFromAfar(kvPath, CROWD);
  const ages = viewers.flatMap((viewer) => viewer.ages);
  const sum = (of: "torn" | "repeated") => viewers.reduce((all, viewer) => all + viewer[of], 0);
  const fewest = Math.min(...viewers.map(({ numbers }) => numbers.length));
  const age = (part: number) => `${quantile(ages, part)} ms`;
  console.log(
    `  ${name}: each viewer had at least ${fewest} of ${sent} frames, ` +
      `age p50 ${age(0.5)}, p99 ${age(0.99)}, max ${age(1)}, ` +
      `${sum("torn")} torn, ${sum("repeated")} repeated`,
  );
}

if (import.meta.main) await benchInstances();
