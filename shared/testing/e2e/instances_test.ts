// Several edges on one store: a crowd far from the camera, a camera that is woken from afar, and a
// store that fails under both.

import assert from "node:assert/strict";
import { KvConnectServer, startInstance } from "../kv_connect.ts";
import { NumberedCamera } from "../camera.ts";
import { CountingViewer, StreamViewer } from "../viewer.ts";
import { type RunningEdge, startPi } from "../processes.ts";
import { until } from "../wait.ts";
import { TempDir } from "../temp.ts";

/** Lets a hundred watch on an instance that never sees the camera itself. */
async function watchFromAfar(kvPath: string): Promise<void> {
  const camera = await NumberedCamera.make();
  await using a = await startInstance(kvPath);
  await camera.send(a.url);
  await using b = await startInstance(kvPath);
  const viewers = Array.from({ length: 100 }, () => new CountingViewer(b.url, camera));
  for (let frame = 0; frame < 12; frame++) {
    if (frame > 0) await camera.send(a.url);
    // Nobody misses one.
    await Promise.all(viewers.map((viewer) => viewer.sees(camera.count)));
  }
  for (const viewer of viewers) await viewer.close();
}

Deno.test("100 viewers see a camera of another instance over KV Connect, whole and in order", async () => {
  await using server = new KvConnectServer();
  await watchFromAfar(server.url);
});

Deno.test("100 viewers see a camera of another process over one SQLite file", async () => {
  await using dir = new TempDir();
  await watchFromAfar(`${dir}/perch.sqlite3`);
});

Deno.test("the first viewer on another instance wakes a camera, however that uploads", async () => {
  await using server = new KvConnectServer();
  // An idle camera would send its next frame after minutes.
  const env = { PERCH_IDLE_INTERVAL_S: "299" };
  await using a = await startInstance(server.url, { env });
  await using b = await startInstance(server.url, { env });
  await Promise.all(["put", "ws"].map(async (transport) => {
    await using _pi = await startPi(a.url, {
      env: { PERCH_TRANSPORT: transport, PERCH_CAM: transport },
    });
    const status = async ({ url }: RunningEdge) =>
      await (await fetch(`${url}/cams/${transport}/status.json`)).json();
    await until("a camera at rest", async () => (await status(a)).intervalMs === 299_000);
    const cameAt = Date.now();
    await using _viewer = new StreamViewer(() => `${b.url}/cams/${transport}/stream.mjpeg`);
    await until("a picture of now", async () => (await status(b)).version > cameAt);
  }));
});

Deno.test("a store that is slow, then fails, then is gone, then is back costs no viewer of the camera's instance a frame", async () => {
  await using server = new KvConnectServer();
  const camera = await NumberedCamera.make();
  await using a = await startInstance(server.url);
  await camera.send(a.url);
  await using b = await startInstance(server.url);
  const [near, far] = [a, b].map(({ url }) => new CountingViewer(url, camera));
  await near.sees(1);
  const film = async (what: string, enough: () => Promise<boolean> | boolean) => {
    await until(what, async () => {
      await camera.send(a.url);
      // Who is near the camera misses none.
      await near.sees(camera.count);
      return await enough();
    });
  };
  /** Whether the one far away has seen `frames` of those that are sent from now on. */
  const farther = (frames: number) => {
    const since = camera.count;
    return () => far.numbers.filter((n) => n > since).length >= frames;
  };
  await film("a viewer far away", farther(3));

  server.faults.latencyMs = 500;
  await film("a viewer far away while the store is slow", farther(2));
  assert.equal(await a.health(), "ok");

  server.faults.latencyMs = 0;
  server.faults.status = 503;
  server.endWatches();
  for (const edge of [a, b]) {
    await film("a store that fails", async () => /^(.*; )?store: /.test(await edge.health()));
  }
  server.faults.status = undefined;
  await film("a viewer far away", farther(3));

  server.fail();
  await film("a store that is gone", async () => /^store: /.test(await a.health()));
  server.recover();
  await film("a viewer far away", farther(3));
  await film("a store that is back", async () => await a.health() === "ok");
  assert.equal(await a.metric("perch_store_answering"), 1);
  assert.ok(await a.metric("perch_store_failures_total") > 0);
  assert.deepEqual(near.numbers, Array.from({ length: camera.count }, (_, i) => i + 1));
  for (const viewer of [near, far]) await viewer.close();
});
