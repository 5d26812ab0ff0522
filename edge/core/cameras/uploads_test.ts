// What a camera's uploads tell.

import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { CameraContact, Sessions } from "./uploads.ts";

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

Deno.test("CameraContact does not wait hours for a camera that came by once in hours", async () => {
  const clock = new FakeClock();
  const contact = new CameraContact(clock);
  contact.asked(100);
  contact.uploaded();
  await clock.tick(3_600_000);
  contact.uploaded();
  assert.equal(contact.receiving, true);
  await clock.tick(2001);
  assert.equal(contact.receiving, false);
  // One that is only slow is waited for.
  for (let i = 0; i < 2; i++) {
    await clock.tick(5000);
    contact.uploaded();
  }
  await clock.tick(14_000);
  assert.equal(contact.receiving, true);
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
