// One camera whose uploads a load balancer spreads over two edges, each to one by chance.

import assert from "node:assert/strict";
import { KvConnectServer, startInstance } from "../kv_connect.ts";
import { NumberedCamera } from "../camera.ts";
import { CountingViewer, StreamViewer } from "../viewer.ts";
import { preloaded, type RunningEdge, startPi } from "../processes.ts";
import { seededRandom } from "../seeded_random.ts";
import { until } from "../wait.ts";
import { TempDir } from "../temp.ts";

const BEHIND_MS = 2000;

const CLOCK_BEHIND = preloaded(`const now = Date.now; Date.now = () => now() - ${BEHIND_MS};`);

/** Gives each request to one of its servers, by chance, the same in each run. No sockets. */
class Balancer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #random = seededRandom(1);
  readonly #stop = new AbortController();

  /** @param targets Where the servers are, as `http://host:port`. */
  constructor(targets: readonly string[]) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const target = targets[Math.floor(this.#random() * targets.length)];
      const { pathname, search } = new URL(request.url);
      const { method, headers, body } = request;
      const { signal } = this.#stop;
      return fetch(target + pathname + search, { method, headers, body, signal })
        .catch(() => new Response(null, { status: 502 }));
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.shutdown();
  }
}

/** @param latency Lets the store take a while for each answer. */
async function assertSpread(
  a: RunningEdge,
  b: RunningEdge,
  latency = (_ms: number) => {},
): Promise<void> {
  const camera = await NumberedCamera.make();
  await using balancer = new Balancer([a.url, b.url]);
  for (const { url } of [a, b]) await camera.send(url);
  const viewers = [a, b].map(({ url }) => new CountingViewer(url, camera));
  const seen = (n: number) => Promise.all(viewers.map((viewer) => viewer.sees(n)));
  /** Sends pictures, each when both viewers have the one before. Returns when the last was sent. */
  const inStep = async (pictures: number, url: string) => {
    let sentAt = 0;
    for (let i = 0; i < pictures; i++) {
      sentAt = Date.now();
      await camera.send(url);
      await seen(camera.count);
    }
    return sentAt;
  };
  const sentAt = await inStep(20, balancer.url);
  for (const { url } of [a, b]) {
    const status = async () => await (await fetch(`${url}/status.json`)).json();
    // Each hears of the other's viewers by way of the store.
    await until("two viewers", async () => (await status()).viewers === 2);
    const { state, version } = await status();
    assert.equal(state, "live");
    const [from, to] = [sentAt - BEHIND_MS, Date.now()];
    assert.ok(version >= from && version <= to, `version ${version}, wanted ${from} to ${to}`);
  }
  // Nothing that one of them believes lasts: the camera may stay with either.
  for (const { url } of [a, b, a]) await inStep(5, url);
  // So that a frame comes by way of the store after the next one has come from the camera, which
  // does not even say what it was told.
  latency(100);
  camera.last = undefined;
  const stop = new AbortController();
  const running = camera.run(balancer.url, 10, stop.signal);
  await seen(camera.count + 10);
  stop.abort();
  await running;
  for (const viewer of viewers) await viewer.close();
}

Deno.test("uploads spread over two edges with clocks two seconds apart are seen in order on both, over KV Connect", async () => {
  await using server = new KvConnectServer();
  await using a = await startInstance(server.url);
  await using b = await startInstance(server.url, { wrap: CLOCK_BEHIND });
  await assertSpread(a, b, (ms) => server.faults.latencyMs = ms);
});

Deno.test("uploads spread over two edges with clocks two seconds apart are seen in order on both, over a SQLite file", async () => {
  await using dir = new TempDir();
  await using a = await startInstance(`${dir}/perch.sqlite3`);
  await using b = await startInstance(`${dir}/perch.sqlite3`, { wrap: CLOCK_BEHIND });
  await assertSpread(a, b);
});

Deno.test("a camera behind a balancer serves a viewer on one edge though the other has none", async () => {
  await using server = new KvConnectServer();
  const env = { PERCH_IDLE_INTERVAL_S: "299" };
  await using a = await startInstance(server.url, { env });
  await using b = await startInstance(server.url, { env });
  await using balancer = new Balancer([a.url, b.url]);
  await using _pi = await startPi(balancer.url, { env: { PERCH_FPS: "10" } });
  await using viewer = new StreamViewer(() => `${a.url}/stream.mjpeg`);
  // Without a word from one edge to the other, every second answer tells the camera to rest, and a
  // minute without a picture ends this.
  await viewer.more(12);
});
