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
