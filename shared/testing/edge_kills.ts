// kill -9 of a whole edge while it stores what a camera uploads, again and again: after each, another
// edge and a new one must show a whole picture, and newer ones must come through.

import { systemClock } from "../clock.ts";
import assert from "node:assert/strict";
import { inspectJpeg } from "../jpeg/inspect.ts";
import type { StoredHead } from "../../edge/deno/kv/frame_store.ts";
import { startInstance } from "./crowd.ts";
import type { KillInCommit } from "./kill_in_commit.ts";
import { KV_TOKEN } from "./kv_connect.ts";
import { NumberedCamera } from "./camera.ts";
import { CountingViewer } from "./viewer.ts";
import type { RunningEdge } from "./processes.ts";

/** Frames of one chunk, of several, and of more than one write. */
const SIZES = [30_000, 200_000, 30_000, 600_000, 30_000, 1_500_000];

/** Between two uploads, ms: the edge is to be busy storing, not only receiving. */
const PAUSE_MS = 5;

/** An edge lives this long after it began to store every frame, at most, ms. */
const MAX_LIFE_MS = 100;

/** After every so many kills the camera moves to the edge that ran on, not to the new one. */
const MOVE_EVERY = 10;

/** Longer than any picture takes: what is not there then is blocked. */
const BLOCKED_MS = 30_000;

/** Where the edges store, and how often one is killed. */
export interface EdgeKillsOptions {
  readonly kvPath: string;
  readonly kill: KillInCommit;
  readonly kills: number;
}

/** What was seen over all kills. */
export interface EdgeKillsResult {
  kills: number;
  /** Kills that hit an edge in the middle of a commit. */
  committing: number;
  /** Kills that left chunks of a frame that never became the newest. */
  halfWritten: number;
  uploaded: number;
  /** Different frames that the running edge's viewer saw; each comes out of the store. */
  seen: number;
  /** From the start of a new edge's uploads to their first frame on the running edge, ms. */
  resumedMs: number[];
}

/** Kills edges; throws at the first picture that is not whole, goes back or blocks newer ones. */
export async function killEdges(options: EdgeKillsOptions): Promise<EdgeKillsResult> {
  const { kvPath, kill } = options;
  const result: EdgeKillsResult = {
    ...{ kills: 0, committing: 0, halfWritten: 0, uploaded: 0, seen: 0 },
    resumedMs: [],
  };
  const halfWritten = new Set<Deno.KvKeyPart>();
  const camera = await NumberedCamera.make(SIZES);
  let a = await start(kvPath);
  await (await camera.send(a.url)).body?.cancel();
  await using b = await start(kvPath);
  const viewer = new CountingViewer(b.url, camera);
  Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);
  const kv = await Deno.openKv(kvPath);
  try {
    while (result.kills < options.kills) {
      result.resumedMs.push(await killOne(a));
    }
    assert.equal(viewer.torn, 0);
    assert.equal(viewer.repeated, 0);
    assert.ok(viewer.versions.every((version, i, all) => i === 0 || version > all[i - 1]));
    await (await camera.send(a.url)).body?.cancel();
    await a.stop("SIGTERM");
    assert.deepEqual(await orphans(kv), [], "chunks that nothing names stay");
  } finally {
    await viewer.close();
    await a.stop("SIGKILL");
    kv.close();
  }
  const seenThere = viewer.numbers.length;
  return { ...result, halfWritten: halfWritten.size, uploaded: camera.count, seen: seenThere };

  /** Lets the camera film at `a`, kills that, and lets it go on at a new one. */
  async function killOne(victim: RunningEdge): Promise<number> {
    const began = performance.now();
    const first = camera.count + 1;
    const stop = new AbortController();
    const filming = film(camera, victim.url, stop.signal);
    // The very first frame is stored in any case: later ones only because somebody watches at B.
    await seen(viewer, first);
    const resumedMs = performance.now() - began;
    await seen(viewer, first + 1);
    await systemClock.sleep(Math.random() * MAX_LIFE_MS);
    if (await kill(victim)) result.committing++;
    stop.abort();
    await Promise.all([filming, victim.ended()]);
    result.kills++;
    const stored = viewer.numbers.at(-1)!;
    const version = viewer.versions.at(-1)!;
    for await (const { key } of kv.list({ prefix: ["pending"] })) halfWritten.add(key[2]);
    await look(b, camera, { stored, version });
    a = await start(kvPath);
    await look(a, camera, { stored, version });
    if (result.kills % MOVE_EVERY === MOVE_EVERY / 2) await moveTo(b, a);
    return resumedMs;
  }

  /** Lets the camera film at an edge until a viewer of another one sees it. */
  async function moveTo(receiver: RunningEdge, other: RunningEdge): Promise<void> {
    const first = camera.count + 1;
    const stop = new AbortController();
    const filming = film(camera, receiver.url, stop.signal);
    const elsewhere = new CountingViewer(other.url, camera);
    await Promise.all([seen(viewer, first), seen(elsewhere, first)]);
    stop.abort();
    await filming;
    await elsewhere.close();
    assert.equal(elsewhere.torn, 0);
    assert.equal(elsewhere.repeated, 0);
  }
}

function start(kvPath: string): Promise<RunningEdge> {
  return startInstance(kvPath, { PERCH_MAX_UPLOADS_PER_S: "1000" });
}

/** Uploads one frame after the other until `signal` aborts. */
async function film(camera: NumberedCamera, url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const response = await camera.send(url).catch((error) => {
      // The edge was killed under it; it must not end otherwise.
      if (!signal.aborted) {
        return systemClock.sleep(100).then(() => assert.ok(signal.aborted, String(error)));
      }
    });
    if (response) assert.equal(response.status, 204);
    await systemClock.sleep(PAUSE_MS);
  }
}

/** Asks for the picture: it must be one that was uploaded, and none from before `than`. */
async function look(
  edge: RunningEdge,
  camera: NumberedCamera,
  than: { readonly stored: number; readonly version: number },
): Promise<void> {
  const response = await fetch(`${edge.url}/live.jpeg`);
  const jpeg = await response.bytes();
  assert.equal(response.status, 200);
  assert.ok(inspectJpeg(jpeg).ok);
  const number = camera.numberOf(jpeg);
  assert.ok(number !== undefined, "a picture that was never uploaded");
  assert.ok(number >= than.stored, `frame ${number} after ${than.stored} was shown`);
  const version = Number(response.headers.get("etag")?.replaceAll('"', ""));
  assert.ok(version >= than.version, `version ${version} after ${than.version} was shown`);
}

/** Waits until the viewer sees frame `number` or a newer one. */
async function seen(viewer: CountingViewer, number: number): Promise<void> {
  const blocked = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => blocked.reject(new Error(`frame ${viewer.numbers.at(-1)} stays, wanted ${number}`)),
    BLOCKED_MS,
  );
  const there = viewer.until(({ numbers }) => (numbers.at(-1) ?? 0) >= number);
  await Promise.race([there, blocked.promise]).finally(() => clearTimeout(timer));
}

/** Keys of half-written frames, and of chunks that neither the head nor a keyframe names. */
async function orphans(kv: Deno.Kv): Promise<Deno.KvKey[]> {
  const { value: head } = await kv.get<StoredHead>(["head", "cam"]);
  assert.ok(head);
  const keyframes = await Array.fromAsync(kv.list({ prefix: ["keyframe", "cam"] }));
  const named = new Set([head.version, ...head.recent.map(([version]) => version)]);
  for (const { key } of keyframes) named.add(Number(key[2]));
  const chunks = await Array.fromAsync(kv.list({ prefix: ["frame", "cam"] }));
  const pending = await Array.fromAsync(kv.list({ prefix: ["pending"] }));
  return [...chunks.filter(({ key }) => !named.has(Number(key[2]))), ...pending]
    .map(({ key }) => key);
}
