import { KvConnectServer } from "../kv_connect.ts";
import { killWriters } from "../writer_kills.ts";

Deno.test("a writer killed in the middle leaves a whole picture, over KV Connect", async () => {
  await using server = new KvConnectServer();
  await killWriters(server.url, 10);
});

Deno.test("a writer killed in the middle leaves a whole picture, in a SQLite file", async () => {
  const dir = await Deno.makeTempDir();
  await killWriters(`${dir}/perch.sqlite3`, 10);
  await Deno.remove(dir, { recursive: true });
});
