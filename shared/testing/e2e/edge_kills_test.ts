import assert from "node:assert/strict";
import { killEdges } from "../edge_kills.ts";
import { killAtFile, killAtServer } from "../kill_in_commit.ts";
import { KvConnectServer } from "../kv_connect.ts";

const KILLS = 10;

Deno.test("an edge killed while it stores leaves a whole picture and blocks no newer one, over KV Connect", async () => {
  await using server = new KvConnectServer();
  server.faults.latencyMs = 4;
  const kill = killAtServer(server);
  const { committing } = await killEdges({ kvPath: server.url, kill, kills: KILLS });
  assert.ok(committing > 0, "no kill hit a commit");
});

Deno.test("an edge killed while it stores leaves a whole picture and blocks no newer one, in a SQLite file", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/perch.sqlite3`;
  const { committing } = await killEdges({ kvPath: path, kill: killAtFile(path), kills: KILLS });
  assert.ok(committing > 0 || Deno.build.os !== "linux", "no kill hit a commit");
  await Deno.remove(dir, { recursive: true });
});
