import assert from "node:assert/strict";
import { isOvertaken } from "./others_frame.ts";

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
