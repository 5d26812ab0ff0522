// kill -9 of a whole edge while it stores what a camera uploads, again and again: after each, another
// edge and a new one must show a whole picture, and newer ones must come through.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import type { StoredHead } from "../../../edge/deno/kv/frame_store.ts";
import { KV_TOKEN, KvConnectServer, startInstance } from "../kv_connect.ts";
import { NumberedCamera } from "../camera.ts";
import { CountingViewer } from "../viewer.ts";
import type { RunningEdge } from "../processes.ts";
import { until } from "../wait.ts";
import { TempDir } from "../temp.ts";

/** Frames of one chunk, of several, and of more than one write. */
const SIZES = [30_000, 200_000, 30_000, 600_000, 30_000, 1_500_000];

/** So many kills have to hit an edge in the middle of a commit, and it may take so many to do that. */
const HITS = 3;
const MOST_KILLS = 60;

/** Kills a program with SIGKILL and says whether that hit it in the middle of a commit. */
type KillInCommit = (edge: RunningEdge) => Promise<boolean>;

/** Kills edges; throws at the first picture that is not whole, goes back or blocks newer ones. */
async function killEdges(kvPath: string, kill: KillInCommit): Promise<void> {
  const camera = await NumberedCamera.make(SIZES);
  let a = await startInstance(kvPath);
  await camera.send(a.url);
  await using b = await startInstance(kvPath);
  await using viewer = new CountingViewer(b.url, camera);
  for (let kills = 0, hits = 0; hits < HITS; kills++) {
    assert.ok(kills < MOST_KILLS, `${hits} of ${kills} kills hit a commit`);
    const filming = film(camera, a.url);
    // The very first frame is stored in any case: later ones only because somebody watches at B.
    await viewer.sees(camera.count + 2);
    if (await kill(a)) hits++;
    await filming.stop();
    await a.ended();
    const stored = viewer.numbers.at(-1)!;
    await assertShows(b, camera, stored);
    a = await startInstance(kvPath);
    await assertShows(a, camera, stored);
    if (kills > 0) continue;
    // Once the camera moves to the edge that ran on, not to the new one.
    const moved = film(camera, b.url);
    await using elsewhere = new CountingViewer(a.url, camera);
    await Promise.all([viewer, elsewhere].map((one) => one.sees(camera.count + 2)));
    await moved.stop();
    await elsewhere.close();
  }
  await viewer.close();
  await camera.send(a.url);
  await a.stop("SIGTERM");
  assert.deepEqual(await orphans(kvPath), [], "chunks that nothing names stay");
}

/** Uploads one frame after the other; its edge may be killed under it. */
function film(camera: NumberedCamera, url: string): { stop(): Promise<void> } {
  const stop = new AbortController();
  const filming = (async () => {
    while (!stop.signal.aborted) {
      const status = await camera.send(url).then(({ status }) => status, () => undefined);
      if (status === undefined) await until("the end of the edge", () => stop.signal.aborted);
      else assert.equal(status, 204);
    }
  })();
  return { stop: () => (stop.abort(), filming) };
}

/** The picture must be one that was uploaded, and none from before frame `than`. */
async function assertShows({ url }: RunningEdge, camera: NumberedCamera, than: number) {
  const response = await fetch(`${url}/live.jpeg`);
  const jpeg = await response.bytes();
  assert.equal(response.status, 200);
  assert.ok(inspectJpeg(jpeg).ok);
  const number = camera.numberOf(jpeg);
  assert.ok(number !== undefined, "a picture that was never uploaded");
  assert.ok(number >= than, `frame ${number} after ${than} was shown`);
}

/** Keys of half-written frames, and of chunks that neither the head nor a keyframe names. */
async function orphans(kvPath: string): Promise<Deno.KvKey[]> {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);
  const kv = await Deno.openKv(kvPath);
  const { value: head } = await kv.get<StoredHead>(["head", "cam"]);
  assert.ok(head);
  const keyframes = await Array.fromAsync(kv.list({ prefix: ["keyframe", "cam"] }));
  const named = new Set([head.version, ...head.recent.map(([version]) => version)]);
  for (const { key } of keyframes) named.add(Number(key[2]));
  const chunks = await Array.fromAsync(kv.list({ prefix: ["frame", "cam"] }));
  const pending = await Array.fromAsync(kv.list({ prefix: ["pending"] }));
  kv.close();
  return [...chunks.filter(({ key }) => !named.has(Number(key[2]))), ...pending]
    .map(({ key }) => key);
}

Deno.test("an edge killed while it stores leaves a whole picture and blocks no newer one, over KV Connect", async () => {
  await using server = new KvConnectServer();
  server.faults.latencyMs = 20;
  await killEdges(server.url, async (edge) => {
    // Less is a record of viewers, not a frame.
    const committing = () => server.openWriteBytes >= 10_000;
    while (!committing()) await new Promise((resolve) => setTimeout(resolve, 0));
    edge.kill("SIGKILL");
    return committing();
  });
});

/**
 * SQLite locks byte 120 of its `-shm` file from the start of a transaction to its end, and Linux
 * tells who holds a lock. The program is stopped first, because a dead one holds none: it dies where
 * it was stopped, and goes on where that was between two. In a shell, because Deno reads `/proc` with
 * all permissions only.
 */
const SCRIPT = `
lock="WRITE $1 [0-9a-f:]*:$2 120 120\\$"
for try in $(seq 500); do
  grep -q "$lock" /proc/locks || continue
  kill -STOP $1
  while grep -qv ') [TtZX] ' /proc/$1/task/*/stat; do :; done
  grep -q "$lock" /proc/locks && break
  kill -CONT $1
done
grep -q "$lock" /proc/locks
hit=$?
kill -KILL $1
exit $hit`;

Deno.test({
  name:
    "an edge killed while it stores leaves a whole picture and blocks no newer one, in a SQLite file",
  ignore: Deno.build.os !== "linux", // who is committing is told there only
}, async () => {
  await using dir = new TempDir();
  const path = `${dir}/perch.sqlite3`;
  await killEdges(path, async ({ pid }) => {
    const { ino } = await Deno.stat(`${path}-shm`);
    const args = ["-c", SCRIPT, "sh", `${pid}`, `${ino}`];
    return (await new Deno.Command("sh", { args }).output()).success;
  });
});
