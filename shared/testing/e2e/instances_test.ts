import assert from "node:assert/strict";
import { type CrowdResult, watchFromAfar } from "../crowd.ts";
import { KvConnectServer } from "../kv_connect.ts";

const CROWD = { viewers: 100, fps: 5, frames: 10 };

function assertSeen({ sent, viewers }: CrowdResult): void {
  for (const viewer of viewers) {
    assert.equal(viewer.torn, 0);
    assert.equal(viewer.repeated, 0);
  }
  // Every viewer has had its frames while the camera sent hardly more than that.
  assert.ok(sent <= CROWD.frames * 1.5, `the camera sent ${sent} frames for ${CROWD.frames} seen`);
}

Deno.test("100 viewers see a camera of another instance over KV Connect, whole and in order", async () => {
  await using server = new KvConnectServer();
  assertSeen(await watchFromAfar(server.url, CROWD));
});

Deno.test("100 viewers see a camera of another process over one SQLite file", async () => {
  const dir = await Deno.makeTempDir();
  assertSeen(await watchFromAfar(`${dir}/perch.sqlite3`, CROWD));
  await Deno.remove(dir, { recursive: true });
});
