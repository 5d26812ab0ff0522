// What is said of pictures that were found in the store: after a restart, and by instances that hear of a
// camera only now and then.

import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { KV_TOKEN, KvConnectServer } from "../../../shared/testing/kv_connect.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { TempDir } from "../../../shared/testing/temp.ts";

Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);

const frames = [await baseline(160, 120), await baseline(160, 120)];
const FREE_MS = 10_000;

/** What each road says of the camera. */
async function roads(edge: TestEdge): Promise<string[]> {
  const status = await (await edge.request("/status.json")).json();
  const live = await edge.request("/live.jpeg", { method: "HEAD" });
  const health = await edge.request("/health");
  return [status.state, live.headers.get("perch-state")!, (await health.text()).trim()];
}

/** An edge on a file, and the same started again after `downMs`, during which the camera dies. */
async function restart(
  { downMs, jumpMs = 0, newestEveryMs }: {
    readonly downMs: number;
    readonly jumpMs?: number;
    readonly newestEveryMs: number;
  },
  test: (edge: TestEdge) => Promise<void>,
): Promise<void> {
  await using folder = new TempDir();
  const path = `${folder}/perch.sqlite3`;
  const before = await TestEdge.start({}, path, { newestEveryMs });
  for (let i = 0; i < 200; i++) {
    await before.put(frames[i % 2]);
    await before.clock.tick(100);
  }
  // As after kill -9: nothing more is stored.
  const { writes } = before.store.state;
  before.store.close();
  assert.ok(newestEveryMs === Infinity ? writes <= 2 : writes <= 4, `${writes} writes in 20 s`);
  const clock = new FakeClock(before.clock.now() + downMs + jumpMs);
  await before.stop();
  const after = await TestEdge.start({}, path, { clock, newestEveryMs });
  await test(after);
  await after.stop();
}

for (const newestEveryMs of [FREE_MS, Infinity]) {
  const store = newestEveryMs === Infinity ? "billed" : "free";
  Deno.test(`after a restart a camera that is dead is never called live, on a ${store} store`, () =>
    restart({ downMs: 40_000, newestEveryMs }, async (edge) => {
      const [status, live, health] = await roads(edge);
      assert.deepEqual([status, live], ["stale", "stale"]);
      assert.match(health, /^stale: cam \d+ s$/);
      const stream = (await edge.request("/stream.mjpeg")).body!.getReader();
      await stream.read();
      const picture = stream.read();
      await edge.clock.tick(1000);
      const shown = (await picture).value!;
      for (const frame of frames) {
        assert.notDeepEqual(shown.subarray(0, frame.length), frame, "undimmed");
      }
      await stream.cancel();
      await edge.put(frames[0]);
      assert.deepEqual(await roads(edge), ["live", "live", "ok"]);
    }));
}

Deno.test("what is found after a restart is as old as it is", () =>
  restart({ downMs: 10_000, newestEveryMs: FREE_MS }, async (edge) => {
    assert.equal((await roads(edge))[2], "ok");
    await edge.clock.tick(25_000);
    assert.match((await roads(edge))[2], /^stale: cam 3\d s$/);
  }));

Deno.test("on a store that costs nothing the newest picture is ten seconds behind at most", () =>
  restart({ downMs: 0, newestEveryMs: FREE_MS }, async (edge) => {
    const { ageMs } = await (await edge.request("/status.json")).json();
    assert.ok(ageMs <= 10_100, `${ageMs} ms`);
  }));

for (const jumpMs of [-3_600_000, -50 * 365 * 24 * 3_600_000]) {
  Deno.test(`a clock that is ${-jumpMs / 3_600_000} h behind after a restart makes no old picture live`, () =>
    restart({ downMs: 40_000, jumpMs, newestEveryMs: FREE_MS }, async (edge) => {
      const before = (await edge.store.head("cam"))!.version;
      assert.equal((await roads(edge))[0], "stale");
      await edge.put(frames[0]);
      assert.deepEqual(await roads(edge), ["live", "live", "ok"]);
      assert.ok(edge.edge.deps.hub.cameras[0].newestVersion > before, "versions go on rising");
    }));
}

/** Several edges on one store, each of which hears of the camera in its turn. */
async function inTurn(
  instances: number,
  newestEveryMs: number,
  test: (edges: readonly TestEdge[], pass: (ms: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const server = new KvConnectServer();
  const edges: TestEdge[] = [];
  for (let i = 0; i < instances; i++) {
    const among = { instance: `${i}`, clock: new FakeClock(), newestEveryMs };
    edges.push(await TestEdge.start({}, server.url, among));
  }
  await test(edges, async (ms) => {
    await Promise.all(edges.map(({ clock }) => clock.tick(ms)));
  });
  for (const edge of edges) await edge.stop();
  await server[Symbol.asyncDispose]();
}

for (const newestEveryMs of [FREE_MS, Infinity]) {
  for (const instances of [3, 4]) {
    const store = newestEveryMs === Infinity ? "billed" : "free";
    Deno.test(`${instances} instances that get an idle camera's pictures in turn raise no alarm, on a ${store} store`, () =>
      inTurn(instances, newestEveryMs, async (edges, pass) => {
        let last: string | null = null;
        for (let upload = 0; upload < 20; upload++) {
          const headers: Record<string, string> = last ? { "perch-last": last } : {};
          const answer = await edges[upload % instances].put(frames[upload % 2], headers);
          last = answer.headers.get("etag");
          for (let second = 0; second < 10; second++) {
            await pass(1000);
            // The first round makes them known to each other.
            if (upload < 2 * instances) continue;
            const { hub } = edges[upload % instances].edge.deps;
            assert.equal(hub.cameras[0].state, "idle");
            if (second % 5) continue;
            for (const edge of edges) {
              const answered = edge.request("/health");
              await pass(0);
              assert.equal(await (await answered).text(), "ok\n");
            }
          }
        }
        for (const { lines } of edges) assert.deepEqual(lines, ["the first picture of a camera"]);
      }));
  }
}
