// The edge is killed while pictures arrive; what was committed is there at once when it is back.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { type RunningEdge, startEdge, startPi } from "../processes.ts";
import { until } from "../wait.ts";
import { TempDir } from "../temp.ts";

function versionOf(response: Response): number {
  return Number(/\d+/.exec(response.headers.get("etag") ?? "0")![0]);
}

/** Waits for a picture newer than `version`. */
async function newer(edge: RunningEdge, version: number): Promise<number> {
  for (;;) {
    const response = await fetch(`${edge.url}/live.jpeg?wait=5`, {
      headers: { "if-none-match": `"${version}"` },
    });
    await response.body?.cancel();
    if (response.status === 200 && versionOf(response) > version) return versionOf(response);
  }
}

/** What is served right after a start: a whole picture. Returns its version. */
async function kept(edge: RunningEdge): Promise<number> {
  const response = await fetch(`${edge.url}/live.jpeg`);
  assert.equal(response.status, 200, "no picture right after the restart");
  const inspection = inspectJpeg(await response.bytes());
  assert.ok(inspection.ok, JSON.stringify(inspection));
  return versionOf(response);
}

Deno.test("killed while pictures arrive, the edge serves the last stored one when it is back", async () => {
  await using folder = new TempDir();
  const env: Record<string, string> = { PERCH_KV_PATH: `${folder}/perch.db` };
  let edge = await startEdge({ env });
  env.PORT = new URL(edge.url).port;
  const pi = await startPi(edge.url, { env: { PERCH_FPS: "10" } });
  const first = await newer(edge, 0);
  let version = first;
  // The newest is stored every two seconds, so that one of those that came since is.
  while (version < first + 4000) version = await newer(edge, version);
  await edge.stop("SIGKILL");
  edge = await startEdge({ env });
  const found = await kept(edge);
  assert.ok(found > first, `${version - found} ms older than the last seen`);
  // The camera comes back by itself, and versions go on growing.
  await newer(edge, Math.max(version, found));
  await Promise.all([pi.stop("SIGKILL"), edge.stop("SIGKILL")]);
  await using again = await startEdge({ env: { ...env, PERCH_STALE_S: "1" } });
  await kept(again);
  await until("an end of what is called live", async () => {
    return await (await fetch(`${again.url}/health`)).text() !== "ok\n";
  });
  assert.equal((await (await fetch(`${again.url}/status.json`)).json()).state, "stale");
  await again.stop();
});
