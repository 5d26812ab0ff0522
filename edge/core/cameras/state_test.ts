// What a camera's uploads tell; what its state is, what is asked of it, and what the log says of it.

import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import type { CameraState } from "../../../shared/wire.ts";
import {
  CameraContact,
  cameraState,
  isOvertaken,
  Sessions,
  type StateInput,
  wantedDemand,
} from "./state.ts";

const CASES: readonly [why: string, input: Partial<StateInput>, state: CameraState][] = [
  ["never had a frame", { ageMs: undefined }, "offline"],
  ["fresh and watched", { ageMs: 100, watched: true }, "live"],
  ["fresh and not watched", { ageMs: 100 }, "idle"],
  ["just under the stale age", { ageMs: 29_999, watched: true }, "live"],
  ["at the stale age", { ageMs: 30_000, watched: true }, "stale"],
  ["late, but not for what was asked of it", { ageMs: 200_000, intervalMs: 120_000 }, "idle"],
  ["three intervals late", { ageMs: 360_000, intervalMs: 120_000 }, "stale"],
  ["known from the store, where every frame is not", { ageMs: 320_000, lagMs: 300_000 }, "idle"],
  ["away from the store too", { ageMs: 330_000, lagMs: 300_000 }, "stale"],
  ["gone for ten times the stale age", { ageMs: 300_000 }, "offline"],
  [
    "watched, and has not heard of it",
    { ageMs: 40_000, watched: true, patienceMs: 60_000 },
    "idle",
  ],
  ["watched, fresh, and has not heard", { ageMs: 9, watched: true, patienceMs: 60_000 }, "live"],
  ["late for what it has heard", { ageMs: 60_000, watched: true, patienceMs: 60_000 }, "stale"],
];

const DEFAULTS: StateInput = {
  ageMs: 0,
  intervalMs: 10_000,
  watched: false,
  staleMs: 30_000,
  lagMs: 0,
  patienceMs: 0,
};

for (const [why, input, state] of CASES) {
  Deno.test(`a camera that ${why} is ${state}`, () => {
    const known = { ...DEFAULTS, ...input };
    const after = (ms: number) =>
      cameraState({ ...known, ageMs: known.ageMs && known.ageMs + ms }).state;
    assert.equal(after(0), state);
    const { forMs } = cameraState(known);
    assert.equal(after(Math.min(1e9, forMs - 1)), state, "for as long as it says");
    if (forMs < Infinity) assert.notEqual(after(forMs), state, "and no longer");
  });
}

Deno.test("wantedDemand asks for the full rate as soon as anybody watches, and never for more before", () => {
  assert.deepEqual(wantedDemand(0, 10, 10_000), { interval: 10_000, viewers: 0 });
  assert.deepEqual(wantedDemand(1, 10, 10_000), { interval: 100, viewers: 1 });
  assert.deepEqual(wantedDemand(43, 10, 10_000), { interval: 100, viewers: 43 });
  for (const viewers of [0, 1]) assert.equal(wantedDemand(viewers, 0.1, 1000).interval, 10_000);
});

Deno.test("losing the signal, getting it back and trouble are a line each, viewers are none", async () => {
  await using edge = await TestEdge.start();
  const jpeg = await baseline(64, 48);
  const seconds = (count: number) => edge.clock.tick(1000 * count);
  await edge.put(jpeg);
  await seconds(2);
  await (await edge.request("/live.jpeg")).body?.cancel();
  await seconds(40);
  await edge.put(jpeg);
  await seconds(2);
  const report = { state: "failing", error: "no cameras available" };
  await edge.request("/report", {
    method: "PUT",
    body: JSON.stringify(report),
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  await seconds(2);
  await edge.put(jpeg);
  await seconds(2);
  assert.deepEqual(edge.lines, [
    "the first picture of a camera",
    "no signal",
    "the signal is back",
    "the camera is in trouble",
    "the camera is well again",
  ]);
});

Deno.test("isOvertaken goes by the camera's own count, whatever the clocks say", () => {
  const seq = (n: number, session = "a") => ({ seq: { session, n } });
  const cases = [
    ["the first picture", seq(1), undefined, false],
    ["a newer one", seq(7), seq(6), false],
    ["one that was taken before", seq(6), seq(7), true],
    ["one of a later run", seq(1, "b"), seq(7), false],
    ["one without a count", {}, seq(7), false],
    ["one behind a picture without a count", seq(6), {}, false],
  ] as const;
  for (const [title, frame, shown, expected] of cases) {
    assert.equal(isOvertaken(frame, shown), expected, title);
  }
});

Deno.test("somebody who comes to watch a camera that rests makes it neither live nor late", async () => {
  await using edge = await TestEdge.start({ PERCH_IDLE_INTERVAL_S: "600" });
  await edge.put(await baseline(64, 48));
  await edge.clock.tick(40_000);
  const stream = await edge.request("/stream.mjpeg");
  const state = async () => (await (await edge.request("/status.json")).json()).state;
  assert.deepEqual([await state(), (await edge.request("/health")).status], ["idle", 200]);
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };
  await edge.request("/demand?interval=600000&wait=30", { headers });
  await edge.clock.tick(29_000);
  assert.equal(await state(), "idle");
  await edge.clock.tick(1000);
  assert.equal(await state(), "stale", "it has heard that somebody watches");
  assert.equal((await edge.request("/health")).status, 503);
  await stream.body!.cancel();
});

Deno.test("one program, restarted now and then, has no rival", () => {
  const sessions = new Sessions();
  ["a", "a", "b", "b", "c", "c", "d"].forEach((session, n) =>
    assert.equal(sessions.note({ session, n }, n * 1000), false)
  );
  assert.equal(sessions.rivals(7000), false);
});

Deno.test("a session that comes back while another runs is a second program, told once", () => {
  const sessions = new Sessions();
  const began = [0, 1, 2, 3, 4, 5].map((n) =>
    sessions.note({ session: n % 2 ? "a" : "b", n }, n * 500)
  );
  assert.deepEqual(began, [false, false, true, false, false, false]);
  assert.equal(sessions.rivals(2500), true);
  sessions.note({ session: "a", n: 6 }, 30_000);
  assert.equal(sessions.rivals(62_600), false);
});

/** A camera that was asked for `askedMs`, uploaded `gapMs` apart, and maybe had to hurry; ms later. */
async function contactAfter(
  { gapMs, askedMs = 100, hurryAfterMs, ms }: {
    readonly gapMs?: number;
    readonly askedMs?: number;
    readonly hurryAfterMs?: number;
    readonly ms: number;
  },
): Promise<CameraContact> {
  const clock = new FakeClock();
  const contact = new CameraContact(clock);
  contact.asked(askedMs);
  if (gapMs !== undefined) {
    contact.uploaded();
    await clock.tick(gapMs);
    contact.uploaded();
  }
  if (hurryAfterMs !== undefined) {
    await clock.tick(hurryAfterMs);
    contact.asked(100);
  }
  await clock.tick(ms - (hurryAfterMs ?? 0));
  return contact;
}

Deno.test("a camera has three intervals, and two seconds to hurry", async () => {
  const idle = { gapMs: 10_000, askedMs: 10_000 };
  const cases = [
    ["a frame just came", { gapMs: 100, ms: 100 }, true],
    ["never a frame", { ms: 100 }, false],
    ["frames stay away for two seconds", { gapMs: 100, ms: 2001 }, false],
    ["an idle camera between two frames", { ...idle, ms: 29_000 }, true],
    ["an idle camera that is gone", { ...idle, ms: 31_000 }, false],
    ["a camera that came by once in hours", { gapMs: 3_600_000, ms: 2000 }, true],
    ["one that did so before", { gapMs: 3_600_000, ms: 2001 }, false],
    ["a camera slower than asked", { gapMs: 5000, ms: 14_000 }, true],
    ["asked to hurry a second ago", { ...idle, hurryAfterMs: 8000, ms: 9000 }, true],
    ["asked to hurry, and nothing came", { ...idle, hurryAfterMs: 6999, ms: 9000 }, false],
    ["gone long before it was asked", { ...idle, hurryAfterMs: 59_990, ms: 60_000 }, false],
  ] as const;
  for (const [title, input, expected] of cases) {
    assert.equal((await contactAfter(input)).receiving, expected, title);
  }
});

Deno.test("CameraContact knows whether the camera is told at once what is asked of it", async () => {
  const clock = new FakeClock();
  const contact = new CameraContact(clock);
  contact.asked(10_000);
  assert.deepEqual([contact.receiving, contact.inTouch], [false, false]);
  contact.uploaded();
  await clock.tick(5000);
  contact.asked(100);
  assert.deepEqual([contact.receiving, contact.reached, contact.inTouch], [true, false, true]);
  const hangUp = contact.listen();
  assert.equal(contact.reached, true);
  hangUp();
  hangUp();
  assert.equal(contact.reached, false);
  contact.uploaded();
  assert.equal(contact.reached, true);
  await clock.tick(90_001);
  assert.deepEqual([contact.receiving, contact.inTouch], [false, false]);
});

Deno.test("a camera that was asked for few pictures is not late before it hears of more", async () => {
  const clock = new FakeClock();
  const contact = new CameraContact(clock);
  contact.asked(600_000);
  assert.equal(contact.patienceMs(30_000), 0, "it never sent anything");
  contact.uploaded();
  await clock.tick(40_000);
  contact.asked(100);
  assert.equal(contact.patienceMs(30_000), 70_000);
  await clock.tick(60_000);
  assert.equal(contact.patienceMs(30_000), 130_000, "it has not heard");
  contact.listen()();
  await clock.tick(60_000);
  assert.equal(contact.patienceMs(30_000), 130_000, "it has");
  contact.uploaded();
  assert.equal(contact.patienceMs(30_000), 0);
  contact.asked(600_000);
  contact.uploaded();
  await clock.tick(1);
  contact.asked(100);
  await clock.tick(1e9);
  assert.equal(contact.patienceMs(30_000), 1_800_000, "three intervals at most");
});
