import assert from "node:assert/strict";
import { Backlog } from "./backlog.ts";

/**
 * A camera at 10 fps and a line that takes `eachMs(now)` for a picture, with room for `capacity` of
 * them in buffers, which have room again for `burst` at once. Gives the ages of pictures when they
 * arrive, by arrival time.
 */
function watch(seconds: number, capacity: number, eachMs: (now: number) => number, burst = 1) {
  let backlog: Backlog | undefined;
  let since = 0;
  let writes = 0;
  const onTheWay: number[] = [];
  const arrived: { at: number; age: number }[] = [];
  let room = true;
  let asked = false;
  let sent = -1;
  let full = false;
  let carried = 0;
  const write = (now: number) => {
    onTheWay.push(now);
    room = false;
    sent = Math.floor(now / 100);
    writes++;
    backlog?.wrote(now);
    if (!backlog?.isOver(now)) return;
    backlog = undefined;
    since = now;
    writes = 0;
  };
  for (let now = 0; now < seconds * 1000; now += 10) {
    carried = onTheWay.length > 0 ? carried + 10 : 0;
    if (onTheWay.length > 0 && carried >= eachMs(now)) {
      arrived.push({ at: now, age: now - onTheWay.shift()! });
      carried = 0;
    }
    full = onTheWay.length >= capacity || (full && onTheWay.length > capacity - burst);
    if (!room && !full) {
      room = true;
      if (asked) backlog?.room(now);
      // What found no room is written as soon as there is some.
      if (asked && sent < Math.floor(now / 100) && backlog?.isLow(now) !== false) write(now);
      else asked = false;
    }
    if (now % 100 !== 0) continue;
    if (!room) {
      asked = true;
      backlog ??= new Backlog(since, writes, now);
    } else if (backlog?.isLow(now) !== false) write(now);
  }
  return {
    ages: (from: number, to: number) =>
      arrived.filter(({ at }) => at >= from * 1000 && at < to * 1000).map(({ age }) => age),
    fps: (from: number, to: number) =>
      arrived.filter(({ at }) => at >= from * 1000 && at < to * 1000).length / (to - from),
  };
}

Deno.test("a fast line gets every picture", () => {
  assert.equal(watch(60, 8, () => 50).fps(1, 60), 10);
});

Deno.test("a slow line's pictures are late by little more than one takes, and it stays full", () => {
  const lines = [[8, 470, 1], [8, 470, 3], [20, 470, 4], [8, 250, 2], [20, 1500, 3]];
  for (const [capacity, eachMs, burst] of lines) {
    const { ages, fps } = watch(58, capacity, () => eachMs, burst);
    const settled = ages(capacity * eachMs * 2 / 1000 + 10, 58);
    assert.ok(Math.max(...settled) <= 2.5 * eachMs, `${capacity} ${eachMs}: ${settled}`);
    assert.ok(fps(20, 58) >= 0.9 * 1000 / eachMs, `${capacity} ${eachMs}: ${fps(20, 58)} fps`);
  }
});

Deno.test("a reader who paused once is no slow line", () => {
  const paused = watch(30, 8, (now) => now > 10_000 && now < 13_000 ? 3000 : 20);
  assert.equal(paused.fps(14, 30), 10);
});

Deno.test("a line that becomes faster is found to be within a minute or two", () => {
  const { fps } = watch(180, 8, (now) => now < 30_000 ? 500 : 20);
  assert.ok(fps(100, 180) > 9.5, `${fps(100, 180)}`);
});

Deno.test("a line that becomes slower is followed", () => {
  const { ages } = watch(58, 8, (now) => now < 20_000 ? 300 : 900);
  const settled = ages(45, 58);
  assert.ok(Math.max(...settled) <= 2.5 * 900, `${settled}`);
});
Deno.test("a line that was fast for long and becomes slow gets pictures on, and soon fresh ones", () => {
  for (const at of [20, 20.25, 100.4]) {
    const { ages, fps } = watch(at + 58, 8, (now) => now < at * 1000 ? 20 : 500);
    for (let from = at; from < at + 55; from += 5) {
      assert.ok(
        fps(from, from + 5) >= 1.6,
        `${from - at} s behind ${at}: ${fps(from, from + 5)} fps`,
      );
    }
    const settled = ages(at + 20, at + 58);
    assert.ok(Math.max(...settled) <= 1500, `${at}: ${settled}`);
  }
});
