// What a camera's uploads tell.

import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { CameraContact, isReceiving, Rivals } from "./uploads.ts";

Deno.test("one program, restarted now and then, has no rival", () => {
  const rivals = new Rivals();
  const sessions = ["a", "a", "b", "b", "c", "c", "d"];
  sessions.forEach((session, i) => assert.equal(rivals.note(session, i * 1000), false));
  assert.equal(rivals.active(7000), false);
});

Deno.test("a session that comes back while another runs is a second program, told once", () => {
  const rivals = new Rivals();
  const began = [0, 1, 2, 3, 4, 5].map((i) => rivals.note(i % 2 ? "a" : "b", i * 500));
  assert.deepEqual(began, [false, false, true, false, false, false]);
  assert.equal(rivals.active(2500), true);
  rivals.note("a", 30_000);
  assert.equal(rivals.active(62_600), false);
});

Deno.test("isReceiving gives a camera three intervals, and two seconds to hurry", () => {
  const active = {
    sinceUploadMs: 100,
    uploadGapMs: 100,
    intervalMs: 100,
    sinceHurryMs: Infinity,
    intervalBeforeMs: 10_000,
  };
  const cases = [
    ["a frame just came", {}, true],
    ["never a frame", { sinceUploadMs: Infinity }, false],
    ["frames stay away for two seconds", { sinceUploadMs: 2001 }, false],
    ["an idle camera between two frames", { intervalMs: 10_000, sinceUploadMs: 29_000 }, true],
    ["an idle camera that is gone", { intervalMs: 10_000, sinceUploadMs: 31_000 }, false],
    ["a camera slower than asked", { uploadGapMs: 5000, sinceUploadMs: 14_000 }, true],
    ["asked to hurry a second ago", { sinceUploadMs: 9000, sinceHurryMs: 1000 }, true],
    ["asked to hurry, and nothing came", { sinceUploadMs: 9000, sinceHurryMs: 2001 }, false],
    ["gone long before it was asked", { sinceUploadMs: 60_000, sinceHurryMs: 10 }, false],
  ] as const;
  for (const [title, input, expected] of cases) {
    assert.equal(isReceiving({ ...active, ...input }), expected, title);
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
