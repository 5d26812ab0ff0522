// The bench in small, so that it does not rot: its figures are nobody's business here, its pieces are.

import assert from "node:assert/strict";
import { coldStart, fanOut, firstPicture, polling, slowLines } from "./load.ts";
import { Bench, type Scenario } from "./load_bench.ts";
import { findStamp, stampable } from "./load_camera.ts";
import { baseline, pixels } from "./jpegs.ts";

const SMALL = { rounds: 1, frames: 2, crowds: [[2, 1], [5, 1]], viewers: 5, turns: 1 } as const;

async function run(scenario: Scenario): Promise<string> {
  const texts: string[] = [];
  await new Bench(SMALL, (text) => texts.push(text), false).run(scenario);
  return texts.join("\n");
}

Deno.test("the bench streams to a crowd from the edge and from a plain server", async () => {
  const text = await run(fanOut);
  for (const viewers of [2, 5]) assert.match(text, new RegExp(`^${viewers} viewers, 10 fps$`, "m"));
  // Everybody has seen something, and it has cost something.
  const [, min, median, age] = /^edge MJPEG +(\S+) +(\S+) +(\S+)/m.exec(text)!.map(Number);
  assert.ok(min > 0 && median >= min && age > 0, text);
  assert.match(text, /^edge MJPEG \/ plain( +x \d+\.\d+){4}/m);
});

Deno.test("the bench polls and waits for pictures", async () => {
  const text = await run(polling);
  assert.ok([...text.matchAll(/^edge +[1-9]/gm)].length >= 3, text);
});

Deno.test("the bench reads slowly, and healthy viewers beside see everything", async () => {
  const text = await run(slowLines);
  for (const road of ["MJPEG", "page stream"]) {
    assert.match(text, new RegExp(`^edge ${road} +\\d`, "m"));
  }
  assert.match(text, /^edge long poll +[1-9]/m);
});

Deno.test("the bench measures the first picture and the cold start", async () => {
  assert.match(await run(firstPicture), /^edge MJPEG +\d/m);
  assert.match(await run(coldStart), /^edge +\d/m);
});

Deno.test("a picture of the bench is one, and has room for a stamp", async () => {
  const plain = await baseline(352, 288);
  const frame = stampable(plain);
  assert.deepEqual(await pixels(frame), await pixels(plain));
  assert.equal(findStamp(frame, 0, frame.length), 2);
});
