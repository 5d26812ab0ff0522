import assert from "node:assert/strict";
import process from "node:process";
import { systemClock } from "./clock.ts";

Deno.test("a sleep that is already over ends without a warning", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on("warning", note);
  await systemClock.sleep(-0.002);
  await systemClock.sleep(1);
  process.off("warning", note);
  assert.deepEqual(warnings, []);
});

Deno.test("an aborted sleep rejects with the reason and leaves no timer", async () => {
  const abort = new AbortController();
  const sleeping = systemClock.sleep(60_000, abort.signal);
  abort.abort("woken");
  await assert.rejects(sleeping, (reason) => reason === "woken");
  await assert.rejects(systemClock.sleep(1, abort.signal), (reason) => reason === "woken");
});

Deno.test("a sleep of more than a timer can take does not end at once", async () => {
  const abort = new AbortController();
  const sleeping = systemClock.sleep(Number.MAX_SAFE_INTEGER, abort.signal).then(() => "over");
  const woken = systemClock.sleep(50).then(() => "woken");
  assert.equal(await Promise.race([sleeping, woken]), "woken");
  abort.abort("done");
  await assert.rejects(sleeping, (reason) => reason === "done");
});
