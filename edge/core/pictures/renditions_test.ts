import assert from "node:assert/strict";
import { Latest } from "../../../shared/latest.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { SharpTools } from "../../deno/sharp.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/ingest.ts";
import { ImagingUnavailable, type Picture } from "../platform.ts";
import { renditionsBy, scaledFeeds } from "./renditions.ts";

/** SharpTools whose jobs end when the test says so. */
class SlowImaging extends SharpTools {
  readonly jobs: { width: number; end(): void }[] = [];
  atWork = 0;
  mostAtWork = 0;

  override scale(_: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    this.mostAtWork = Math.max(this.mostAtWork, ++this.atWork);
    return new Promise((resolve) =>
      this.jobs.push({
        width,
        end: () => {
          this.atWork--;
          resolve({ jpeg: new Uint8Array(width), width, height: 1 });
        },
      })
    );
  }
}

const frame = (version: number, width = 1920) => ({
  cam: "cam",
  version,
  width,
  height: 1080,
  jpeg: new Uint8Array(4),
});

Deno.test("many viewers of one version and width cost one job, and later ones none", async () => {
  const imaging = new SlowImaging();
  const renditions = renditionsBy(imaging);
  const asked = Array.from({ length: 50 }, () => renditions.get(frame(1), 320));
  imaging.jobs[0].end();
  const results = new Set(await Promise.all(asked));
  results.add(await renditions.get(frame(1), 320));
  assert.equal(results.size, 1);
  assert.equal(imaging.jobs.length, 1);
});

Deno.test("at most two pictures are made at a time, and too many askers are refused", async () => {
  const imaging = new SlowImaging();
  const renditions = renditionsBy(imaging);
  const asked = Array.from({ length: 64 }, (_, i) => renditions.get(frame(i), 320));
  await assert.rejects(renditions.get(frame(64), 320), { status: 503 });
  for (let i = 0; i < 64; i++) {
    while (imaging.jobs.length <= i) await Promise.resolve();
    imaging.jobs[i].end();
  }
  await Promise.all(asked);
  assert.equal(imaging.mostAtWork, 2);
});

Deno.test("a source that is small enough is given as it is, without libvips", async () => {
  const imaging = new SharpTools(() => Promise.reject(new Error("no libvips here")));
  const source = frame(1, 320);
  assert.equal(await renditionsBy(imaging).get(source, 320), source);
  await assert.rejects(renditionsBy(imaging).get(source, 160), ImagingUnavailable);
});

Deno.test("what libvips cannot read is given as it is, and tried once", async () => {
  let tries = 0;
  const imaging = new SharpTools();
  imaging.scale = () => Promise.reject(new Error(`no picture, ${++tries}`));
  const renditions = renditionsBy(imaging);
  const source = frame(1);
  for (let i = 0; i < 3; i++) assert.equal(await renditions.get(source, 320), source);
  assert.deepEqual([tries, renditions.made], [1, 0]);
});

Deno.test("the oldest results give way when the memory for them is full", async () => {
  const imaging = new SlowImaging();
  const renditions = renditionsBy(imaging);
  const megabyte = 1024 * 1024;
  const make = async (version: number) => {
    const asked = renditions.get(frame(version, 2 * megabyte), megabyte);
    imaging.jobs.at(-1)!.end();
    await asked;
  };
  for (let version = 1; version <= 17; version++) await make(version);
  const jobs = imaging.jobs.length;
  await renditions.get(frame(17, 2 * megabyte), megabyte);
  assert.equal(imaging.jobs.length, jobs);
  await make(1);
  assert.equal(imaging.jobs.length, jobs + 1);
});

const TAIL = new Uint8Array([13, 10]);

async function liveFrame(version: number): Promise<LiveFrame> {
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
  source.set(await liveFrame(7));
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
  const large = await liveFrame(1);
  source.set(large);
  assert.equal((await held.frames.next(0)).value, large);
  source.close();
  await assert.rejects(held.frames.next(1));
});
