// The bench in small, so that it does not rot: its figures are nobody's business here, its pieces are.

import assert from "node:assert/strict";
import { coldStart, fanOut, firstPicture, polling, slowLines } from "./load.ts";
import { Bench, type Scenario } from "./load_bench.ts";
import { findStamp, stampable } from "./load_camera.ts";
import { baseline, pixels } from "./jpegs.ts";

const SMALL = { frames: 2, crowds: [[2, 1], [5, 1]], viewers: 5, turns: 1 } as const;

const WANTED: readonly [what: string, scenario: Scenario, ...RegExp[]][] = [
  // Everybody has seen something, and it has cost something.
  [
    "streams to a crowd from the edge and from a plain server",
    fanOut,
    /^2 viewers, 10 fps$/m,
    /^5 viewers, 10 fps$/m,
    /^edge MJPEG( +[\d.]*[1-9][\d.]*){3}/m,
    /^edge MJPEG \/ plain( +x \d+\.\d+){4}/m,
  ],
  ["polls and waits for pictures", polling, /(^edge +[\d.]*[1-9][^]*){3}/m],
  [
    "reads slowly, and healthy viewers beside see everything",
    slowLines,
    /^edge MJPEG +\d/m,
    /^edge page stream +\d/m,
    /^edge long poll +[\d.]*[1-9]/m,
  ],
  ["measures the first picture", firstPicture, /^edge MJPEG +\d/m],
  ["measures the cold start", coldStart, /^edge +\d/m],
];

for (const [what, scenario, ...wanted] of WANTED) {
  Deno.test(`the bench ${what}`, async () => {
    const texts: string[] = [];
    await new Bench({ ...SMALL, print: (text) => texts.push(text), pinned: false }).run(scenario);
    for (const pattern of wanted) assert.match(texts.join("\n"), pattern);
  });
}

Deno.test("a picture of the bench is one, and has room for a stamp", async () => {
  const plain = await baseline(352, 288);
  const frame = stampable(plain);
  assert.deepEqual(await pixels(frame), await pixels(plain));
  assert.equal(findStamp(frame, 0, frame.length), 2);
});
