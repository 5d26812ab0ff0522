// What nobody watching saves: bytes of an idle camera beside those of one that sends every frame.

import assert from "node:assert/strict";
import { simulateIdle } from "../idle_day.ts";

for (
  const { idleIntervalS, atLeast } of [
    { idleIntervalS: 10, atLeast: 45 },
    { idleIntervalS: 120, atLeast: 500 },
  ]
) {
  Deno.test(`idle at a frame each ${idleIntervalS} s a camera sends ${atLeast} times less`, async () => {
    const { captured, sent, bytes, naiveBytes } = await simulateIdle(1, idleIntervalS);
    assert.ok(Math.abs(captured - 18_000) <= 2, `${captured} frames taken`);
    assert.ok(Math.abs(sent - 3600 / idleIntervalS) <= 2, `${sent} frames sent`);
    const times = naiveBytes / bytes;
    assert.ok(times >= atLeast, `${times.toFixed(1)} times less`);
  });
}
