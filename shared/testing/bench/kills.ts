// 200 writers killed in the middle of a write, for each kind of store.

import { KvConnectServer } from "../kv_connect.ts";
import { killWriters } from "../writer_kills.ts";
import type { Report } from "./scenario.ts";

const KILLS = 200;

/** Ends with an error at the first picture that is not whole, or that blocks a newer one. */
export async function benchKills(report: Report): Promise<void> {
  await using server = new KvConnectServer();
  await tell(report, "KV Connect", server.url);
  const dir = await Deno.makeTempDir();
  await tell(report, "one SQLite file", `${dir}/perch.sqlite3`);
  await Deno.remove(dir, { recursive: true });
}

async function tell(report: Report, name: string, kvPath: string): Promise<void> {
  const { kills, stored, halfWritten } = await killWriters(kvPath, KILLS);
  report.row(name, {
    "kill -9": kills,
    "frames stored": stored,
    "killed between chunks and head": halfWritten,
    "torn or lost": 0,
  });
}
