// The edge is killed while pictures arrive; what was committed is there at once when it is back.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { type RunningEdge, startEdge, startPi } from "../processes.ts";

/** The picture served now, and its version. */
async function live(edge: RunningEdge): Promise<{ version: number; jpeg: Uint8Array } | undefined> {
  const response = await fetch(`${edge.url}/live.jpeg`);
  const jpeg = await response.bytes();
  if (response.status !== 200) return undefined;
  return { version: Number(/\d+/.exec(response.headers.get("etag")!)![0]), jpeg };
}

/** Waits for a picture newer than `version`. */
async function newer(edge: RunningEdge, version: number): Promise<number> {
  for (;;) {
    const response = await fetch(`${edge.url}/live.jpeg?wait=5`, {
      headers: { "if-none-match": `"${version}"` },
    });
    await response.body?.cancel();
    const found = Number(/\d+/.exec(response.headers.get("etag") ?? "0")![0]);
    if (response.status === 200 && found > version) return found;
  }
}

Deno.test("killed while pictures arrive, the edge serves the last stored one when it is back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { PERCH_KV_PATH: `${folder}/perch.db`, PERCH_KEYFRAME_S: "1" };
    let edge = await startEdge({ env });
    const port = new URL(edge.url).port;
    await using _pi = await startPi(edge.url, { env: { PERCH_FPS: "10" } });
    let version = 0;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 12; i++) version = await newer(edge, version);
      await edge.stop("SIGKILL");
      edge = await startEdge({ env: { ...env, PORT: port } });
      const kept = await live(edge);
      assert.ok(kept, "no picture right after the restart");
      const inspection = inspectJpeg(kept.jpeg);
      assert.ok(inspection.ok, JSON.stringify(inspection));
      assert.ok(
        kept.version > version - 10_000,
        `${version - kept.version} ms older than the last seen`,
      );
      // The camera comes back by itself, and versions go on growing.
      version = await newer(edge, Math.max(version, kept.version));
    }
    await edge.stop("SIGKILL");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("killed together with its camera, the edge has the picture of two seconds before, and does not call it live for long", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = {
      PERCH_KV_PATH: `${folder}/perch.db`,
      PERCH_STALE_S: "1",
      PERCH_IDLE_INTERVAL_S: "1",
    };
    const edge = await startEdge({ env });
    const pi = await startPi(edge.url, { env: { PERCH_FPS: "10" } });
    let version = 0;
    for (let i = 0; i < 50; i++) version = await newer(edge, version);
    await Promise.all([pi.stop("SIGKILL"), edge.stop("SIGKILL")]);
    await using again = await startEdge({ env });
    const kept = await live(again);
    assert.ok(kept, "no picture right after the restart");
    assert.ok(kept.version > version - 2500, `${version - kept.version} ms before the last seen`);
    // Three times the interval that is asked for, and a second of grace for a busy machine.
    for (let health = "ok\n"; health === "ok\n";) {
      assert.ok(Date.now() - kept.version < 4000, "it is still called live");
      health = await (await fetch(`${again.url}/health`)).text();
    }
    assert.equal((await (await fetch(`${again.url}/status.json`)).json()).state, "stale");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
