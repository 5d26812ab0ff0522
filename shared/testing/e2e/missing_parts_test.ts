// The edge where something is missing that live pictures do not need: a sound file for its store, any
// Deno KV at all, libvips.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { preloaded, putFrame, type RunningEdge, startEdge } from "../processes.ts";
import { TempDir } from "../temp.ts";
import { until } from "../wait.ts";

const jpeg = await baseline(640, 480);

/** What keeps the pictures, as `/health` says to programs. */
async function storeOf(edge: RunningEdge): Promise<string> {
  const headers = { accept: "application/json" };
  return (await (await fetch(`${edge.url}/health`, { headers })).json()).store;
}

/** Sends a picture and gets it back, plain and as a stream. */
async function showsPictures(edge: RunningEdge): Promise<void> {
  assert.equal((await putFrame(edge.url, jpeg)).status, 204);
  assert.deepEqual(await (await fetch(`${edge.url}/live.jpeg`)).bytes(), jpeg);
  const stream = await fetch(`${edge.url}/stream.mjpeg`);
  assert.equal(stream.status, 200);
  await stream.body!.cancel();
}

const isStored = (edge: RunningEdge) =>
  until("it is stored", async () => await edge.metric("perch_store_writes_total") > 0);

Deno.test("a store that a power cut has damaged is set aside, and the edge has a new one", async () => {
  await using folder = new TempDir();
  const path = `${folder}/perch.db`;
  const env = { PERCH_KV_PATH: path, PERCH_KEYFRAME_S: "1" };
  await using before = await startEdge({ env });
  await showsPictures(before);
  await isStored(before);
  await before.stop("SIGKILL");
  for (const name of [path, `${path}-wal`]) {
    using file = await Deno.open(name, { write: true });
    await file.write(new Uint8Array(2000).fill(65));
  }

  await using after = await startEdge({ env });
  await after.line(/ERROR the store is damaged; it is set aside/);
  await showsPictures(after);
  assert.equal(await after.health(), "ok");
  assert.match(await storeOf(after), /^kv, begun anew: .* set aside$/);
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.ok(names.some((name) => /^perch\.db\.damaged-[^/]*Z$/.test(name)), names.join());
  assert.equal((await after.stop()).code, 0, after.output);

  await using again = await startEdge({ env });
  assert.deepEqual(await (await fetch(`${again.url}/live.jpeg`)).bytes(), jpeg);
  assert.equal(await storeOf(again), "kv");
});

Deno.test("where the store's folder is missing pictures flow, health says so, and a folder mends it", async () => {
  await using folder = new TempDir();
  await using edge = await startEdge({ env: { PERCH_KV_PATH: `${folder}/card/perch.db` } });
  await edge.line(/ERROR PERCH_KV_PATH: got ".*\/card\/perch\.db", wanted a file to write in/);
  await showsPictures(edge);
  assert.equal(await edge.health(), "store: PERCH_KV_PATH cannot be opened");
  await Deno.mkdir(`${folder}/card`);
  await edge.line(/the store answers again/);
  assert.equal(await edge.health(), "ok");
  assert.equal(edge.lines.filter((line) => /ERROR/.test(line)).length, 1, edge.output);
});

Deno.test("where there is no Deno KV pictures and their past are in memory, and all is well", async () => {
  const wrap = preloaded("delete Deno.openKv;");
  await using edge = await startEdge({ wrap, env: { PERCH_KV_PATH: "" } });
  await showsPictures(edge);
  assert.deepEqual([await edge.health(), await storeOf(edge)], ["ok", "memory"]);
  await isStored(edge);
  const { frames } = await (await fetch(`${edge.url}/frames`)).json();
  assert.equal(frames.length, 1);
  const kept = await fetch(`${edge.url}/frames/${frames[0].version}.jpeg`);
  assert.deepEqual(await kept.bytes(), jpeg);
  assert.equal((await edge.stop("SIGTERM")).code, 0, edge.output);
  assert.equal(edge.troubles.length, 1, edge.output);
  assert.match(edge.troubles[0], /there is no Deno KV here: pictures are kept in memory/);
});

Deno.test("where libvips cannot be loaded ?w= is 501, said once, and the page's roads go on", async () => {
  const wrap = preloaded('Deno.permissions.revokeSync({ name: "ffi" });');
  await using edge = await startEdge({ wrap });
  await showsPictures(edge);
  assert.deepEqual(edge.troubles, []);
  for (const path of ["/live.jpeg?w=160", "/stream.mjpeg?w=160", "/live.jpeg?w=320"]) {
    const answer = await fetch(edge.url + path);
    assert.equal(answer.status, 501, path);
    assert.match((await answer.json()).detail, /ask without w/);
  }
  const all = await (await fetch(`${edge.url}/live?w=160`)).bytes();
  assert.deepEqual(all.subarray(all.length - jpeg.length), jpeg);
  const stream = await fetch(`${edge.url}/live.stream?w=160`);
  assert.equal(stream.status, 200);
  await stream.body!.cancel();
  await edge.stop();
  assert.equal(edge.troubles.length, 1, edge.output);
  assert.match(edge.troubles[0], /pictures cannot be made smaller here: \?w= is answered 501/);
});
