// What one instance does about the others, and what it thinks of their frames.

import assert from "node:assert/strict";
import { isOvertaken, type PeerInput, peerPlan } from "./plan.ts";

const QUIET: PeerInput = {
  viewersHere: 0,
  viewersElsewhere: 0,
  receiving: false,
  reached: false,
  inTouch: false,
  shared: false,
};

Deno.test("peerPlan does nothing that costs where nothing needs it", () => {
  const cases: [string, Partial<PeerInput>, string][] = [
    ["nobody watches, the camera is elsewhere", {}, ""],
    ["nobody watches, the camera is here", { receiving: true, reached: true, inTouch: true }, "v"],
    ["watched, the camera is elsewhere", { viewersHere: 1 }, "tell frames"],
    [
      "watched, the camera is here and knows",
      { viewersHere: 1, receiving: true, reached: true, inTouch: true },
      "v",
    ],
    [
      "watched, frames come here but the camera listens elsewhere",
      { viewersHere: 1, receiving: true, inTouch: true },
      "tell v",
    ],
    [
      "watched here and elsewhere",
      { viewersHere: 1, viewersElsewhere: 2, receiving: true, reached: true, inTouch: true },
      "tell frames v",
    ],
    [
      "watched, some frames come here and some go elsewhere",
      { viewersHere: 1, receiving: true, reached: true, inTouch: true, shared: true },
      "tell frames v",
    ],
    [
      "watched, the camera asks here but uploads elsewhere",
      { viewersHere: 1, reached: true, inTouch: true },
      "tell frames v",
    ],
  ];
  for (const [title, input, expected] of cases) {
    const { tell, watchFrames, watchViewers } = peerPlan({ ...QUIET, ...input });
    const got = [tell && "tell", watchFrames && "frames", watchViewers && "v"];
    assert.equal(got.filter(Boolean).join(" "), expected, title);
  }
});

Deno.test("isOvertaken believes the camera's clock, unless that was set back", () => {
  const cases: [string, number, number | undefined, boolean][] = [
    ["the first picture", 1000, undefined, false],
    ["a newer one", 100_200, 100_000, false],
    ["the same moment", 100_000, 100_000, false],
    ["one that was taken before", 100_000, 100_200, true],
    ["a clock that was set back", 100_000, 160_000, false],
  ];
  for (const [title, capturedAt, shownAt, expected] of cases) {
    const shown = shownAt === undefined ? undefined : { capturedAt: shownAt };
    assert.equal(isOvertaken({ capturedAt }, shown), expected, title);
  }
});
