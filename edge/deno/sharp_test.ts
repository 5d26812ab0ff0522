import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { SharpTools } from "./sharp.ts";

Deno.test("idle waits for every job, those that failed too", async () => {
  const imaging = new SharpTools();
  const jpeg = await baseline();
  let ended = 0;
  const end = () => void ended++;
  imaging.scale(jpeg, 160).then(end);
  imaging.notice(jpeg, ["NO SIGNAL"]).then(end);
  imaging.scale(new Uint8Array([1, 2, 3]), 160).catch(end);
  await imaging.idle();
  assert.equal(ended, 3);
});

Deno.test("a picture that lies on its side in its metadata stands upright when it is smaller", async () => {
  const sharp = (await import("sharp")).default;
  const lying = await sharp(await baseline(320, 240)).withMetadata({ orientation: 6 }).toBuffer();
  const { width, height } = await new SharpTools().scale(new Uint8Array(lying), 160);
  assert.deepEqual([width, height], [160, 213]);
});

Deno.test("a notice is no wider than a screen, however large the picture is", async () => {
  const tools = new SharpTools();
  const { width, height } = await tools.notice(await baseline(4000, 3000), ["NO SIGNAL"]);
  assert.deepEqual([width, height], [1280, 960]);
  const small = await tools.notice(await baseline(320, 240), ["NO SIGNAL"]);
  assert.deepEqual([small.width, small.height], [320, 240]);
});

Deno.test("a progressive picture of many pixels is not read into memory", async () => {
  const sharp = (await import("sharp")).default;
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: "#888" } })
      .jpeg({ progressive: true, quality: 1 }).toBuffer();
  const tools = new SharpTools();
  const bomb = new Uint8Array(await flat(6000, 5000));
  await assert.rejects(tools.scale(bomb, 160), /6000x5000/);
  await assert.rejects(tools.notice(bomb, ["NO SIGNAL"]), /6000x5000/);
  assert.equal((await tools.scale(new Uint8Array(await flat(600, 500)), 160)).width, 160);
});

Deno.test("large pictures are read one at a time, and small ones beside them", async () => {
  let atWork = 0;
  let most = 0;
  const real = (await import("sharp")).default;
  const slow = Object.assign((...args: Parameters<typeof real>) => {
    const job = real(...args);
    const { toBuffer } = job;
    job.toBuffer = (async (options: { resolveWithObject: true }) => {
      most = Math.max(most, ++atWork);
      try {
        return await toBuffer.call(job, options);
      } finally {
        atWork--;
      }
    }) as typeof job.toBuffer;
    return job;
  }, real) as typeof real;
  const tools = new SharpTools(() => Promise.resolve(slow));
  const large = await baseline(5000, 4000);
  await Promise.all([160, 320, 640].map((width) => tools.scale(large, width)));
  assert.equal(most, 1);
  const small = await baseline(640, 480);
  await Promise.all([160, 320].map((width) => tools.scale(small, width)));
  assert.equal(most, 2);
});
