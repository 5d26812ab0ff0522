import assert from "node:assert/strict";
import { KvConnectServer } from "../kv_connect.ts";
import { measureWakes } from "../wake.ts";

for (const transport of ["put", "ws"] as const) {
  Deno.test(`the first viewer on another instance wakes a camera that uploads by ${transport}`, async () => {
    await using server = new KvConnectServer();
    const options = { kvPath: server.url, transport, elsewhere: true, tries: 2 };
    // An idle camera would send its next frame after a minute.
    for (const wait of await measureWakes(options)) assert.ok(wait < 20_000, `${wait} ms`);
  });
}
