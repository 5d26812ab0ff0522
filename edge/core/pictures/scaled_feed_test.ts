import assert from "node:assert/strict";
import { Latest } from "../../../shared/latest.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/ingest.ts";
import { SharpTools } from "../../deno/sharp.ts";
import { renditionsBy, scaledFeeds } from "./renditions.ts";

const TAIL = new Uint8Array([13, 10]);

async function frame(version: number): Promise<LiveFrame> {
  const jpeg = await baseline();
  const meta = { version, size: jpeg.length, width: 320, height: 240 };
  return FrameBuffer.of(jpeg, TAIL).finish("cam", 3, { ...meta, capturedAt: 1, receivedAt: 1 });
}

Deno.test("watchers at one width share a feed that ends with the last of them", async () => {
  const renditions = renditionsBy(new SharpTools());
  const feeds = scaledFeeds(renditions);
  const source = new Latest<LiveFrame>();
  const one = feeds.hold(source, 160);
  const other = feeds.hold(source, 160);
  assert.equal(one.frames, other.frames);
  source.set(await frame(7));
  const { value } = await one.frames.next(0);
  assert.deepEqual([value.width, value.version, value.size], [160, 7, value.jpeg.length]);
  assert.equal(readFrameHeader(value.record)!.camera, 3);
  assert.deepEqual(value.part.subarray(value.size), TAIL, "what follows it in a stream");
  assert.equal(renditions.made, 1);
  one.release();
  assert.equal(other.frames.closed, false);
  other.release();
  await assert.rejects(other.frames.next(1));
  const later = feeds.hold(source, 160);
  assert.equal((await later.frames.next(0)).value.version, 7);
});

Deno.test("where nothing can be scaled a feed gives the camera's own frames", async () => {
  const broken = new SharpTools(() => Promise.reject(new Error("no libvips here")));
  const feeds = scaledFeeds(renditionsBy(broken));
  const source = new Latest<LiveFrame>();
  const held = feeds.hold(source, 160);
  const large = await frame(1);
  source.set(large);
  assert.equal((await held.frames.next(0)).value, large);
  source.close();
  await assert.rejects(held.frames.next(1));
});
