import assert from "node:assert/strict";
import { FakeClock } from "./testing/fake_clock.ts";
import { within } from "./timeout.ts";

/** A wait that nothing but its signal ends. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("a wait ends with its time, or when whoever waits has gone, and leaves no timer", async () => {
  const clock = new FakeClock();
  const gone = new AbortController();
  const { signal } = gone;
  assert.equal(await within(clock, 1000, signal, () => Promise.resolve("come")), "come");
  const late = assert.rejects(within(clock, 1000, signal, endless), { name: "TimeoutError" });
  await clock.tick(1000);
  await late;
  const left = assert.rejects(within(clock, 1000, signal, endless), /nobody waits/);
  gone.abort(new Error("nobody waits"));
  await left;
  await assert.rejects(within(clock, 1000, signal, endless), /nobody waits/);
  assert.equal(clock.sleeping, 0);
});
