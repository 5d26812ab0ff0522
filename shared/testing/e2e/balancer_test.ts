// One camera whose uploads a load balancer spreads over two edges, each to one by chance.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Balancer } from "../balancer.ts";
import { startInstance } from "../crowd.ts";
import { KV_TOKEN, KvConnectServer } from "../kv_connect.ts";
import { NumberedCamera } from "../camera.ts";
import { CountingViewer, StreamViewer } from "../viewer.ts";
import { type RunningEdge, startEdge, startPi } from "../processes.ts";

const FPS = 10;

/** Puts `--preload` behind `deno run`. */
const CLOCK_BEHIND = [
  ...["sh", "-c", 'deno=$1 run=$2; shift 2; exec "$deno" "$run" --preload="$0" "$@"'],
  fileURLToPath(new URL("../clock_behind.ts", import.meta.url)),
];

function startBehind(kvPath: string): Promise<RunningEdge> {
  return startEdge({
    wrap: CLOCK_BEHIND,
    env: {
      ...{ PERCH_KV_PATH: kvPath, DENO_KV_ACCESS_TOKEN: KV_TOKEN },
      PERCH_STRIP_METADATA: "false",
    },
  });
}

/** Films at `url` until `seen` resolves. */
async function film(camera: NumberedCamera, url: string, seen: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const running = camera.run(url, FPS, stop.signal);
  await seen;
  stop.abort();
  await running;
}

/** @param least The part of the frames that each viewer is to see. */
async function assertSpread(a: RunningEdge, b: RunningEdge, least = 0.7): Promise<void> {
  const camera = await NumberedCamera.make();
  await using balancer = new Balancer([a.url, b.url]);
  for (const { url } of [a, b]) await camera.send(url);
  const viewers = [a, b].map(({ url }) => new CountingViewer(url, camera));
  const later = (frames: number) => {
    const wanted = camera.count + frames;
    return Promise.all(viewers.map((one) => one.until(({ numbers }) => numbers.at(-1)! >= wanted)));
  };
  await film(camera, balancer.url, later(30));
  const before = { sent: camera.count, seen: viewers.map(({ numbers }) => numbers.length) };
  await film(camera, balancer.url, later(40));
  const sent = camera.count - before.sent;
  for (const [i, { numbers }] of viewers.entries()) {
    const seen = numbers.length - before.seen[i];
    assert.ok(seen >= least * sent, `viewer ${i} saw ${seen} of ${sent} frames`);
  }
  for (const { url } of [a, b]) {
    const { state, viewers, version } = await (await fetch(`${url}/status.json`)).json();
    assert.deepEqual({ state, viewers }, { state: "live", viewers: 2 });
    assert.ok(Math.abs(Date.now() - version) < 5000, `version ${version} at ${Date.now()}`);
  }
  // Nothing that one of them believes lasts: the camera may stay with either.
  for (const { url } of [a, b, a]) await film(camera, url, later(10));
  for (const viewer of viewers) {
    await viewer.close();
    const { torn, repeated, versions } = viewer;
    assert.deepEqual({ torn, repeated }, { torn: 0, repeated: 0 });
    assert.ok(versions.every((version, i) => i === 0 || version > versions[i - 1]));
  }
}

Deno.test("uploads spread over two edges are seen in order on both, over KV Connect", async () => {
  await using server = new KvConnectServer();
  await using a = await startInstance(server.url);
  await using b = await startInstance(server.url);
  await assertSpread(a, b);
});

Deno.test("uploads spread over two edges with clocks two seconds apart are seen in order on both", async () => {
  await using server = new KvConnectServer();
  await using a = await startInstance(server.url);
  await using b = await startBehind(server.url);
  // So that a frame comes by way of the store after the next one has come from the camera.
  server.faults.latencyMs = 100;
  // About half come to each by chance: of forty, fewer than a quarter in one run of a thousand.
  await assertSpread(a, b, 0.25);
});

Deno.test("uploads spread over two edges are seen in order on both, over a SQLite file", async () => {
  const dir = await Deno.makeTempDir();
  await using a = await startInstance(`${dir}/perch.sqlite3`);
  await using b = await startBehind(`${dir}/perch.sqlite3`);
  await assertSpread(a, b);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a camera behind a balancer serves a viewer on one edge though the other has none", async () => {
  await using server = new KvConnectServer();
  const env = { PERCH_IDLE_INTERVAL_S: "60" };
  await using a = await startInstance(server.url, env);
  await using b = await startInstance(server.url, env);
  await using balancer = new Balancer([a.url, b.url]);
  await using _pi = await startPi(balancer.url, { env: { PERCH_FPS: "5" } });
  await using viewer = new StreamViewer(() => `${a.url}/stream.mjpeg`);
  const { seenAt } = await viewer.more(1);
  // Without a word from one edge to the other, every second answer tells the camera to rest.
  const last = await viewer.more(50);
  assert.ok(last.seenAt - seenAt < 30_000, `50 pictures took ${last.seenAt - seenAt} ms`);
});
