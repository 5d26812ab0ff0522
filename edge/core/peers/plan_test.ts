import assert from "node:assert/strict";
import { type NeighbourInput, neighbourPlan } from "./plan.ts";

const QUIET: NeighbourInput = {
  viewersHere: 0,
  viewersElsewhere: 0,
  receiving: false,
  reached: false,
  inTouch: false,
  shared: false,
};

Deno.test("neighbourPlan does nothing that costs where nothing needs it", () => {
  const cases: [string, Partial<NeighbourInput>, string][] = [
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
    const { tell, watchFrames, watchViewers } = neighbourPlan({ ...QUIET, ...input });
    const got = [tell && "tell", watchFrames && "frames", watchViewers && "v"];
    assert.equal(got.filter(Boolean).join(" "), expected, title);
  }
});
