import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

const frame = await baseline(160, 120);
const headers = { authorization: `Bearer ${TEST_TOKEN}` };

Deno.test("a camera that knows the wanted interval is told when somebody comes to watch", async () => {
  await using edge = await TestEdge.start({ PERCH_FPS: "4" });
  await edge.put(frame);
  const waiting = edge.request("/demand?interval=10000&wait=30", { headers });
  const stream = await edge.request("/stream.mjpeg");
  assert.deepEqual(await (await waiting).json(), { interval: 250, viewers: 1 });
  await stream.body!.cancel();
});

Deno.test("a camera that has another interval is told at once", async () => {
  await using edge = await TestEdge.start();
  const response = await edge.request("/demand?interval=100&wait=30", { headers });
  assert.deepEqual(await response.json(), { interval: 10_000, viewers: 0 });
});

Deno.test("a wait without a change ends with the same interval", async () => {
  await using edge = await TestEdge.start();
  const waiting = edge.request("/demand?interval=10000&wait=30", { headers });
  await edge.clock.tick(30_001);
  assert.deepEqual(await (await waiting).json(), { interval: 10_000, viewers: 0 });
});

Deno.test("a camera that has gone is not told at once any more what is wanted", async () => {
  await using edge = await TestEdge.start({ PERCH_FPS: "4" });
  await edge.put(frame);
  await edge.clock.tick(1000);
  const stream = await edge.request("/stream.mjpeg");
  const { contact } = edge.edge.deps.hub.open("cam")!;
  assert.equal(contact.reached, false);
  let ended = () => {};
  const over = new Promise<void>((resolve) => ended = resolve);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request, info) => {
      const answer = await edge.edge.fetch(request, info);
      ended();
      return answer;
    },
  );
  const client = new AbortController();
  const url = `http://127.0.0.1:${server.addr.port}/demand?interval=250&wait=60`;
  const gone = assert.rejects(fetch(url, { headers, signal: client.signal }));
  while (!contact.reached) await new Promise((go) => setTimeout(go, 1));
  client.abort();
  await Promise.all([gone, over]);
  assert.equal(contact.reached, false);
  await stream.body!.cancel();
  await server.shutdown();
});

Deno.test("demand is told to the camera only", async () => {
  await using edge = await TestEdge.start();
  assert.equal((await edge.request("/demand")).status, 401);
});

Deno.test("a camera's report shows in the status until its next frame", async () => {
  await using edge = await TestEdge.start();
  const report = (body: string) => edge.request("/report", { method: "PUT", body, headers });
  assert.equal((await edge.request("/report", { method: "PUT", body: "{}" })).status, 401);
  assert.equal((await report("{}")).status, 422);
  assert.equal((await report("nonsense")).status, 422);
  const error = "no cameras available: check the cable";
  const good = await report(JSON.stringify({ state: "failing", error, detail: ["ERROR: *** …"] }));
  assert.equal(good.status, 204);
  const lastError = async () => (await (await edge.request("/cams")).json()).cams[0].lastError;
  assert.equal(await lastError(), error);
  await edge.put(frame);
  assert.equal(await lastError(), undefined);
});
