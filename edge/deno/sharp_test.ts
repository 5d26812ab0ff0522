import assert from "node:assert/strict";
import type sharpModule from "sharp";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { baseline, concat } from "../../shared/testing/jpegs.ts";
import { SharpTools } from "./sharp.ts";

type Made = ReturnType<ReturnType<typeof sharpModule>["toBuffer"]>;

/** libvips, with `work` around the making of each picture. */
async function sharpWith(work: (make: () => Made) => Made): Promise<typeof sharpModule> {
  const real = (await import("sharp")).default;
  return Object.assign((...args: Parameters<typeof real>) => {
    const job = real(...args);
    const { toBuffer } = job;
    job.toBuffer = ((options: { resolveWithObject: true }) =>
      work(() =>
        toBuffer.call(job, options)
      )) as typeof job.toBuffer;
    return job;
  }, real) as typeof real;
}

/** A JPEG of few bytes. */
async function flat(
  width: number,
  height: number,
  progressive = false,
): Promise<Uint8Array<ArrayBuffer>> {
  const sharp = (await import("sharp")).default;
  const plain = sharp({ create: { width, height, channels: 3, background: "#888" } });
  return new Uint8Array(await plain.jpeg({ progressive, quality: 1 }).toBuffer());
}

Deno.test("at the end the pictures at work are waited for, and none behind them is begun", async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let made = 0;
  const sharp = await sharpWith(async (make) => {
    made++;
    begun.resolve();
    await goOn.promise;
    return await make();
  });
  const tools = new SharpTools(() => Promise.resolve(sharp));
  const large = await flat(5000, 4000);
  // Which of them is first is up to the threads that read their headers.
  const ends = Promise.allSettled([160, 320, 640].map((width) => tools.scale(large, width)));
  await begun.promise;
  let stopped = false;
  const stop = tools.stop().then(() => stopped = true);
  await assert.rejects(tools.scale(await baseline(), 160), /shutting down/);
  assert.equal(stopped, false);
  goOn.resolve();
  await stop;
  assert.equal(made, 1);
  const states = (await ends).map(({ status }) => status).sort();
  assert.deepEqual(states, ["fulfilled", "rejected", "rejected"]);
});

Deno.test("a picture that lies on its side in its metadata stands upright when it is smaller", async () => {
  const sharp = (await import("sharp")).default;
  const lying = await sharp(await baseline(320, 240)).withMetadata({ orientation: 6 }).toBuffer();
  const { width, height } = await new SharpTools().scale(new Uint8Array(lying), 160);
  assert.deepEqual([width, height], [160, 213]);
});

Deno.test("a notice is no wider than a screen, however large the picture is", async () => {
  const tools = new SharpTools();
  const { width, height } = await tools.notice(await flat(4000, 3000), ["NO SIGNAL"]);
  assert.deepEqual([width, height], [1280, 960]);
  const small = await tools.notice(await baseline(320, 240), ["NO SIGNAL"]);
  assert.deepEqual([small.width, small.height], [320, 240]);
});

Deno.test("a progressive picture of many pixels is not read into memory", async () => {
  const tools = new SharpTools();
  const bomb = await flat(6000, 5000, true);
  await assert.rejects(tools.scale(bomb, 160), /6000x5000/);
  await assert.rejects(tools.notice(bomb, ["NO SIGNAL"]), /6000x5000/);
  assert.equal((await tools.scale(await flat(600, 500, true), 160)).width, 160);
});

Deno.test("a picture with hundreds of things wrong with it comes smaller, and under a notice", async () => {
  const sharp = (await import("sharp")).default;
  const jpeg = await sharp(await baseline(320, 240)).jpeg({ progressive: true }).toBuffer();
  // Each coefficient of a scan that comes again is a warning.
  const scans = [...jpeg.keys()].filter((at) => jpeg[at] === 0xff && jpeg[at + 1] === 0xda);
  const scan = jpeg.subarray(scans[4], scans[5]);
  const odd = concat(jpeg.subarray(0, scans[5]), ...Array(9).fill(scan), jpeg.subarray(scans[5]));
  assert(inspectJpeg(odd).ok);
  const tools = new SharpTools();
  assert.equal((await tools.scale(odd, 160)).width, 160);
  assert.equal((await tools.notice(odd, ["NO SIGNAL"])).width, 320);
});

Deno.test("large pictures are read one at a time, notices too, and small ones beside them", async () => {
  let atWork = 0;
  let most = 0;
  const counted = await sharpWith(async (make) => {
    most = Math.max(most, ++atWork);
    return await make().finally(() => atWork--);
  });
  const tools = new SharpTools(() => Promise.resolve(counted));
  const large = await flat(5000, 4000);
  await Promise.all([160, 320, 640].map((width) => tools.scale(large, width)));
  const progressive = await flat(2500, 2000, true);
  await Promise.all([160, 320].map((width) => tools.scale(progressive, width)));
  const small = await baseline(640, 480);
  await Promise.all([1, 2].map(() => tools.notice(small, ["NO SIGNAL"])));
  assert.equal(most, 1);
  await Promise.all([160, 320].map((width) => tools.scale(small, width)));
  assert.equal(most, 2);
});

Deno.test("small pictures stand side by side, those of another shape and without colours too", async () => {
  const sharp = (await import("sharp")).default;
  const plain = async (width: number, height: number, background: string) => {
    const create = { width, height, channels: 3, background } as const;
    const jpeg = new Uint8Array(await sharp({ create }).jpeg().toBuffer());
    return { jpeg, width, height };
  };
  const grey = await plain(80, 45, "#fff");
  grey.jpeg = new Uint8Array(await sharp(grey.jpeg).greyscale().jpeg().toBuffer());
  const pictures = [await plain(80, 45, "#f00"), undefined, await plain(80, 60, "#00f"), grey];
  const row = await new SharpTools().row([...pictures, await plain(80, 45, "#0f0"), undefined]);
  assert.deepEqual([row.width, row.height], [480, 45]);
  const { data, info } = await sharp(row.jpeg).raw().toBuffer({ resolveWithObject: true });
  const seen = Array.from({ length: 6 }, (_, i) => {
    const at = 3 * (20 * info.width + i * 80 + 40);
    return [...data.subarray(at, at + 3)].map((value) => Number(value > 127)).join("");
  });
  assert.deepEqual(seen, ["100", "000", "001", "111", "010", "000"]);
});
