// The small pure parts of the page.

import assert from "node:assert/strict";
import { BACKOFF_MAX_MS, backoffMs, Connection } from "./connection.ts";
import { picked } from "./film.ts";
import { LiveView } from "./live_view.ts";
import { filmSize } from "./make_film.ts";
import { Pace, Rate, ServerClock } from "./measures.ts";
import { gaps, nearest, Past } from "./past.ts";
import { pictureName, stampText, thereText, weekdayText } from "./times.ts";
import { panBy, WHOLE, zoomAt } from "./zoom.ts";

// This device's clock stands: where it goes on, it may be another second before the next line is run.
const NOW = Date.now();
Date.now = () => NOW;

Deno.test("the wait between attempts grows to its bound, spread over pages", () => {
  assert.equal(backoffMs(0, 1), 500);
  assert.equal(backoffMs(0, 0), 250);
  assert.equal(backoffMs(30, 1), BACKOFF_MAX_MS);
});

Deno.test("magnifying keeps the point under the finger, and the picture fills its frame", () => {
  const zoomed = zoomAt(WHOLE, 4, 0.75, 0.25);
  // The point 0.75 of the picture is still at 0.75 of the frame.
  assert.equal(zoomed.x + 0.75 * zoomed.scale, 0.75);
  assert.equal(zoomed.y + 0.25 * zoomed.scale, 0.25);
  assert.deepEqual(panBy(zoomed, 100, 100), { scale: 4, x: 0, y: 0 });
  assert.deepEqual(panBy(zoomed, -100, -100), { scale: 4, x: -3, y: -3 });
  assert.deepEqual(zoomAt(zoomed, 0.001, 0.5, 0.5), { scale: 1, x: 0, y: 0 });
  assert.equal(zoomAt(zoomed, 1000, 0.5, 0.5).scale, 8);
});

Deno.test("the nearest picture to a time is found, at the ends too", () => {
  assert.equal(nearest([], 5), -1);
  const times = [10, 20, 40];
  const found = [0, 10, 14, 16, 29, 31, 99].map((time) => nearest(times, time));
  assert.deepEqual(found, [0, 0, 0, 1, 1, 2, 2]);
});

Deno.test("where the camera was silent there is a gap, at the ends too", () => {
  assert.deepEqual(gaps([], { from: 0, to: 50 }, 10), [[0, 50]]);
  assert.deepEqual(gaps([5, 10, 50, 55], { from: 0, to: 60 }, 10), [[10, 50]]);
  assert.deepEqual(gaps([20, 30], { from: 0, to: 60 }, 10), [[0, 20], [30, 60]]);
});

Deno.test("a day of more pictures than an index holds is known as a whole, and of another day none", async () => {
  const asked: URLSearchParams[] = [];
  let versions = Array.from({ length: 12_000 }, (_, i) => i + 1);
  const { fetch } = globalThis;
  globalThis.fetch = (url) => {
    const query = new URL(String(url)).searchParams;
    asked.push(query);
    const [from, to, limit] = ["from", "to", "limit"].map((name) =>
      Number(query.get(name) ?? Infinity)
    );
    const frames = versions.filter((one) => one >= from && one <= to).slice(-limit).reverse()
      .map((version) => ({ version, receivedAt: version }));
    return Promise.resolve(Response.json({ frames }));
  };
  try {
    const past = new Past("https://cam.example/cams/cam");
    const known = () => past.frames.map(({ version }) => version);
    await past.refresh({ from: 1, to: Infinity });
    assert.deepEqual(known(), versions);
    assert.equal(asked.length, 3);
    versions = [...versions, 12_001];
    await past.refresh({ from: 2, to: Infinity });
    assert.deepEqual(known(), versions.slice(1));
    assert.equal(asked.at(-1)!.get("from"), "12001");
    await past.refresh({ from: 100, to: 200 });
    assert.deepEqual(known(), versions.slice(99, 199));
    // Who chooses one day and then another gets that one.
    const chosen = [past.refresh({ from: 300, to: 400 }), past.refresh({ from: 500, to: 600 })];
    assert.deepEqual(await Promise.all(chosen), [false, true]);
    assert.deepEqual(known(), versions.slice(499, 599));
    assert.deepEqual([await past.begins(1), await past.begins(2)], [false, true]);
  } finally {
    globalThis.fetch = fetch;
  }
});

/** What an edge says whose clock is `aheadMs` ahead, and was never set. */
const said = (aheadMs: number) => ({ now: Date.now() + aheadMs, upMs: Date.now() + aheadMs });

Deno.test("the edge's clock is followed by the message that travelled fastest", () => {
  const clock = new ServerClock();
  const ahead = () => Math.round((clock.now() - Date.now()) / 1000);
  clock.observe(said(100_000));
  clock.observe(said(98_000));
  assert.equal(ahead(), 100);
  clock.observe(said(0));
  assert.equal(ahead(), 0, "this device's clock was set");
});

Deno.test("this device's clock that was set is known within a minute, however little", () => {
  let monotonic = 0;
  const clock = new ServerClock(() => monotonic);
  const ahead = () => Math.round((clock.now() - Date.now()) / 1000);
  const pass = (seconds: number, offset: number) => {
    for (let i = 0; i < seconds / 10; i++) {
      monotonic += 10_000;
      clock.observe(said(offset));
    }
    return ahead();
  };
  assert.equal(pass(600, 100_000), 100);
  assert.equal(pass(30, 90_000), 100, "it may be a slow line");
  assert.equal(pass(30, 90_000), 90);
  assert.equal(pass(20, 35_000), 90);
  assert.equal(pass(10, 95_000), 95, "a faster message counts at once");
  assert.equal(pass(60, 40_000), 40);
});

Deno.test("an edge's clock that was set is known with its next message", () => {
  const clock = new ServerClock();
  const ahead = () => Math.round((clock.now() - Date.now()) / 1000);
  for (const aheadMs of [0, -20_000, 3_600_000, -50 * 365 * 24 * 3_600_000, 2000, 0]) {
    clock.observe({ ...said(0), now: Date.now() + aheadMs });
    assert.equal(ahead(), aheadMs / 1000);
  }
});

/** A view whose canvas takes everything, and what its connection hears. */
function view() {
  const connection = new Connection("http://edge.test");
  const live = new LiveView({
    cam: "cam",
    canvas: { getContext: () => ({}) } as unknown as HTMLCanvasElement,
    connection,
    width: () => undefined,
    onChange: () => {},
  });
  live.painter.draw = () => Promise.resolve(true);
  const ageMs = () => Math.round((Date.now() - live.shownAt!) / 1000) * 1000;
  return { connection, live, ageMs };
}

const STATUS = { cam: "cam", state: "live", fps: 1, intervalMs: 1000, viewers: 1 } as const;

Deno.test("a picture's age is what the edge says of it, whatever its clock says", async () => {
  const { connection, live, ageMs } = view();
  connection.clock.observe(said(0));
  const at = Date.now() - 3_600_000;
  live.onStatus({ ...STATUS, version: 1, ageMs: 7000 }, 1000);
  const frame = { cam: "cam", jpeg: new Uint8Array(), capturedAt: at, receivedAt: at };
  await live.onFrame({ ...frame, version: 1 });
  assert.equal(ageMs(), 8000);
  await live.onFrame({ ...frame, version: 2 });
  assert.equal(ageMs(), 3_600_000, "of this one it has said nothing else");
  live.onStatus({ ...STATUS, version: 2, ageMs: 0 }, 0);
  assert.equal(ageMs(), 0, "it came again");
});

Deno.test("the rate is that of the last five seconds", () => {
  const rate = new Rate();
  for (let at = 0; at <= 10_000; at += 200) rate.note(at, 80);
  assert.equal(rate.fps(10_000), 5);
  assert.equal(rate.fps(20_000), 0);
  assert.equal(rate.ageMs, 80);
});

Deno.test("a pace is what the last pictures kept, and one long pause is none", () => {
  const pace = new Pace();
  const after = (at: number) => {
    pace.note(at);
    return pace.ms;
  };
  assert.deepEqual([0, 200, 400, 20_400, 20_600].map(after), [
    undefined,
    undefined,
    200,
    200,
    200,
  ]);
  assert.deepEqual([30_600, 40_600, 40_600].map(after), [200, 10_000, 10_000]);
});

Deno.test("a saved picture is named so that names sort by time", () => {
  assert.match(pictureName("cam", Date.now()), /^cam-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.jpg$/);
});

Deno.test("the camera's own time is told where it differs from the viewer's", () => {
  const noon = Date.UTC(2026, 5, 1, 12);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const zone of [here, undefined, "Nowhere/None"]) {
    assert.equal(thereText(noon, zone), undefined);
  }
  assert.match(thereText(noon, "Asia/Kathmandu")!, /45/);
  const east = "Pacific/Kiritimati";
  const [day, eve] = [1, 23].map((hour) => new Date(2026, 5, 21, hour).getTime());
  assert.ok(thereText(eve, east)!.includes(weekdayText(eve, east)), "it is another day there");
  assert.equal(thereText(day, east)!.includes(weekdayText(day, east)), false);
});

Deno.test("a film is no larger than phones show, of even pixels, and has its pictures' shape", () => {
  const sizes = [[1280, 720], [4608, 2592], [1080, 1920], [1013, 761], [3, 1], [10_000, 100]];
  for (const [width, height] of sizes) {
    const film = filmSize({ width, height });
    assert.ok(film.width % 2 === 0 && film.height % 2 === 0, `${width}x${height}`);
    assert.ok(film.width >= 2 && film.height >= 2 && Math.max(film.width, film.height) <= 1280);
    const [low, high] = [film.height - 2, film.height + 2].map((down) => film.width / down);
    if (height > 10) assert.ok(width / height < low && width / height > high, `${width}x${height}`);
  }
  assert.deepEqual(filmSize({ width: 4608, height: 2592 }), { width: 1280, height: 720 });
});

Deno.test("a film of a day with very many pictures shows some of each hour", () => {
  assert.equal(picked(Array(2000).fill(0)).length, 2000);
  const some = picked(Array.from({ length: 8640 }, (_, i) => i));
  assert.deepEqual(some.slice(0, 3), [0, 5, 10]);
  assert.ok(some.length <= 2000 && some.at(-1)! > 8600);
});

Deno.test("a film's pictures say when they were taken, where they were taken", () => {
  const at = Date.UTC(2026, 10, 21, 13, 3);
  assert.match(stampText(at, "America/New_York"), /21.*08:03|Nov 21.*8:03/);
  assert.match(stampText(at, "Asia/Kolkata"), /18:33|6:33/);
  assert.equal(stampText(at, "Nowhere/None"), stampText(at, undefined));
});
