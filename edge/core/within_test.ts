import assert from "node:assert/strict";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { within } from "./within.ts";

/** A wait that nothing but its signal ends. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("a wait ends with its time, or when whoever waits has gone, and leaves no timer", async () => {
  const clock = new FakeClock();
  assert.equal(await within(clock, 1000, () => Promise.resolve("come")), "come");
  const late = within(clock, 1000, endless);
  await clock.tick(1000);
  assert.equal(await late, undefined);
  const gone = new AbortController();
  const left = within(clock, 1000, endless, gone.signal);
  gone.abort();
  assert.equal(await left, undefined);
  assert.equal(clock.sleeping, 0);
});

Deno.test("a request's signal tells that its client has gone, and nothing of an answer that came", async () => {
  const asked: Request[] = [];
  const completed: Promise<void>[] = [];
  const client = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request, info) => {
      asked.push(request);
      // Only a signal that somebody has looked at is told.
      request.signal.throwIfAborted();
      completed.push(info.completed);
      if (request.url.endsWith("/held")) {
        const gone = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        client.abort();
        await gone;
      }
      return new Response("an answer");
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  for (let i = 0; i < 2; i++) {
    await (await fetch(url)).text();
    await completed[i];
  }
  await assert.rejects(fetch(`${url}/held`, { signal: client.signal }));
  await server.shutdown();
  assert.deepEqual(asked.map(({ signal }) => signal.aborted), [false, false, true]);
});
