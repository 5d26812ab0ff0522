// 200 edges killed while they store what a camera uploads, for each kind of store.

import { killEdges } from "../edge_kills.ts";
import { killAtFile, killAtServer, type KillInCommit } from "../kill_in_commit.ts";
import { KvConnectServer } from "../kv_connect.ts";
import { quantile } from "../numbered_camera.ts";
import type { Report } from "./scenario.ts";

const KILLS = 200;

/** Ends with an error at the first picture that is not whole, goes back or blocks newer ones. */
export async function benchKills(report: Report): Promise<void> {
  await using server = new KvConnectServer();
  server.faults.latencyMs = 4;
  await tell(report, "KV Connect", server.url, killAtServer(server));
  const dir = await Deno.makeTempDir();
  const path = `${dir}/perch.sqlite3`;
  await tell(report, "one SQLite file", path, killAtFile(path));
  await Deno.remove(dir, { recursive: true });
}

async function tell(
  report: Report,
  name: string,
  kvPath: string,
  kill: KillInCommit,
): Promise<void> {
  const result = await killEdges({ kvPath, kill, kills: KILLS });
  report.row(name, {
    "kill -9": result.kills,
    "in a commit": result.committing,
    "frame half written": result.halfWritten,
    "uploaded": result.uploaded,
    "seen at B": result.seen,
    "resumed p50 ms": quantile(result.resumedMs, 0.5),
    "p90 ms": quantile(result.resumedMs, 0.9),
    "max ms": quantile(result.resumedMs, 1),
    "torn, gone back or blocked": 0,
  });
}
