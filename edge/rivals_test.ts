import assert from "node:assert/strict";
import { Rivals } from "./rivals.ts";

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
