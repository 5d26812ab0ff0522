// What goes wrong in the world, and what viewers see of it: one line a fault.

import { KV_TOKEN, KvConnectServer } from "../kv_connect.ts";
import { type StartOptions } from "../processes.ts";
import { FAULTS, seconds } from "./fault_list.ts";
import { FaultWorld } from "./fault_world.ts";
import type { Report } from "./scenario.ts";

/** Tries every fault on an edge of its own. `PERCH_BENCH_FAULT=<part of a name>` picks some. */
export async function benchFaults(report: Report): Promise<void> {
  const wanted = Deno.env.get("PERCH_BENCH_FAULT") ?? "";
  report.note("10 viewers of the stream, a camera at 10 fps, 30 KB frames, one edge each");
  report.note("frames lost: taken by the edge while the viewer watched, and not seen by it");
  for (const fault of FAULTS.filter(({ name }) => name.includes(wanted))) {
    const folder = await Deno.makeTempDir();
    await using server = new KvConnectServer();
    const kv = { memory: ":memory:", file: `${folder}/perch.sqlite3`, remote: server.url };
    const options: StartOptions = {
      wrap: fault.wrap,
      env: {
        PERCH_KV_PATH: kv[fault.kv ?? "memory"],
        PERCH_KEYFRAME_S: "1",
        DENO_KV_ACCESS_TOKEN: KV_TOKEN,
        ...fault.env?.(folder),
      },
    };
    const world = await FaultWorld.start(options);
    await seconds(3);
    const before = await world.memory();
    await fault.run(world, { server, folder });
    await seconds(3);
    const after = await world.memory();
    const figures = await world.end();
    report.row(fault.name, {
      ...figures,
      "MB before": Math.round(before),
      "after": Math.round(after),
      "remark": world.remark,
    });
    await Deno.remove(folder, { recursive: true });
  }
}
