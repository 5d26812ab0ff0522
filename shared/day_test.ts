import assert from "node:assert/strict";
import { MAX_TILES, rowOf } from "./day.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.UTC(2026, 10, 21, 12);

Deno.test("a row begins and ends at whole shares, and never changes", () => {
  const now = NOON + 7 * MINUTE;
  assert.deepEqual(rowOf(now - 24 * HOUR, now, now), {
    from: NOON - 24 * HOUR,
    to: NOON,
    every: 15 * MINUTE,
  });
  // What may still come to the last share would make it another row.
  assert.equal(rowOf(NOON - HOUR, NOON, NOON)!.to, NOON - MINUTE);
  assert.equal(rowOf(NOON - HOUR, NOON, NOON + 10_000)!.to, NOON);
});

Deno.test("short times have short shares, a day of 25 hours has room, and longer ones none", () => {
  const every = (spanMs: number) => {
    const row = rowOf(NOON - spanMs + 1, NOON - 1, NOON + HOUR);
    if (row) assert.ok((row.to - row.from) / row.every <= MAX_TILES);
    return row && row.every / MINUTE;
  };
  const shares = [1, 8, 24, 25, 26].map((hours) => every(hours * HOUR));
  assert.deepEqual(shares, [1, 5, 15, 15, undefined]);
  assert.equal(rowOf(NOON, NOON + 1000, NOON + 1000), undefined);
});
