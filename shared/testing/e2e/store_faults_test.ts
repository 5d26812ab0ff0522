import assert from "node:assert/strict";
import { startInstance } from "../crowd.ts";
import { KvConnectServer } from "../kv_connect.ts";
import { NumberedCamera } from "../camera.ts";
import { CountingViewer } from "../viewer.ts";

async function health(url: string): Promise<string> {
  return await (await fetch(`${url}/health`)).text();
}

Deno.test("a store that is slow, then fails, then is gone, then is back costs no viewer of the camera's instance a frame", async () => {
  await using server = new KvConnectServer();
  const camera = await NumberedCamera.make();
  await using a = await startInstance(server.url);
  await camera.send(a.url);
  await using b = await startInstance(server.url);
  const [near, far] = [a, b].map(({ url }) => new CountingViewer(url, camera));
  const stop = new AbortController();
  const running = camera.run(a.url, 5, stop.signal);
  const more = (viewer: CountingViewer, frames: number) => {
    const had = viewer.numbers.length;
    return viewer.until(({ numbers }) => numbers.length >= had + frames);
  };
  /** While the viewer near the camera sees `frames`, hardly any is missing. */
  const undisturbed = async (frames: number) => {
    near.forget();
    await more(near, frames);
    const { numbers } = near;
    const missing = numbers.at(-1)! - numbers[0] + 1 - numbers.length;
    assert.ok(missing <= frames / 4, `${missing} of ${frames} frames are missing`);
  };
  await Promise.all([more(near, 3), more(far, 3)]);

  server.faults.latencyMs = 1000;
  await Promise.all([undisturbed(20), more(far, 2)]);
  assert.equal(await health(a.url), "ok\n");

  server.faults.latencyMs = 0;
  server.faults.status = 503;
  server.endWatches();
  await undisturbed(20);
  assert.match(await health(a.url), /^store: /);
  assert.match(await health(b.url), /store: /);
  server.faults.status = undefined;
  await more(far, 3);

  server.fail();
  await undisturbed(20);
  assert.match(await health(a.url), /^store: /);
  server.recover();
  await more(far, 3);
  assert.equal(await health(a.url), "ok\n");
  const metrics = await (await fetch(`${a.url}/metrics`)).text();
  assert.match(metrics, /^perch_store_answering 1$/m);
  assert.match(metrics, /^perch_store_failures_total [1-9]/m);

  for (const viewer of [near, far]) {
    assert.equal(viewer.torn, 0);
    assert.equal(viewer.repeated, 0);
  }
  stop.abort();
  await running;
  await Promise.all([near.close(), far.close()]);
});
