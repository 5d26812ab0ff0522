import assert from "node:assert/strict";
import type { LogFields } from "../../shared/log.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { withLibc } from "./libc.ts";
import { logUncaught, serve, tick } from "./serve.ts";
import { linuxTestAlone } from "../../shared/testing/processes.ts";
import { fakeLog } from "../../shared/testing/fake_log.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const MIB = 1024 * 1024;

/** Frees 128 MiB in small blocks, of which each hundredth stays in use. */
function freeInPieces(): void {
  withLibc({
    malloc: { parameters: ["usize"], result: "pointer" },
    memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
    free: { parameters: ["pointer"], result: "void" },
  }, ({ malloc, memset, free }) => {
    const bytes = 16n * 1024n;
    const blocks = Array.from({ length: 8192 }, () => memset(malloc(bytes), 1, bytes));
    for (const [i, block] of blocks.entries()) if (i % 100 !== 99) free(block);
  });
}

async function freeAndLook(): Promise<void> {
  const clock = new FakeClock();
  const stopping = new AbortController();
  const before = Deno.memoryUsage().rss;
  freeInPieces();
  const kept = (Deno.memoryUsage().rss - before) / MIB;
  assert.ok(kept > 100, `${kept} MiB are kept`);
  let ticks = 0;
  const ticking = tick({ tick: () => void ticks++ }, clock, stopping.signal);
  for (let s = 0; s < 30; s++) await clock.tick(1000);
  const left = (Deno.memoryUsage().rss - before) / MIB;
  assert.ok(left < 50, `${left} MiB are left`);
  assert.equal(ticks, 30);
  stopping.abort();
  await ticking;
}

// Other tests take and free memory at the same time.
await linuxTestAlone(
  import.meta,
  "memory that was freed is given back within half a minute",
  freeAndLook,
);

Deno.test("a process that did nothing for a while says so, in /health and in the log", async () => {
  await using edge = await TestEdge.start();
  const stopping = new AbortController();
  let now = 0;
  // As after SIGSTOP and SIGCONT.
  const sleep = (ms: number) => Promise.resolve(void (now += ms + 2500));
  await tick(
    { tick: (lateMs) => (edge.edge.tick(lateMs), stopping.abort()) },
    { now: Date.now, monotonic: () => now, sleep },
    stopping.signal,
  );
  assert.equal(await (await edge.request("/health")).text(), "stalled: 2.5 s within a minute\n");
  assert.match(edge.lines.join("\n"), /the process did nothing for a while/);
});

Deno.test("the address in the log can be opened, with IPv6 too", async () => {
  const { lines, log } = fakeLog();
  const stop = serve(() => new Response("here"), { hostname: "::1", port: 0, log });
  const [url] = /http:.*/.exec(lines[0])!;
  assert.equal(await (await fetch(url)).text(), "here");
  await stop(1000);
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

for (
  const [what, type, cause] of [
    [
      "a rejection that nobody waited for",
      "unhandledrejection",
      () => void Promise.reject(new Error("a bug")),
    ],
    ["what a callback of the platform throws", "error", () =>
      void setTimeout(() => {
        throw new Error("a bug");
      })],
  ] as const
) {
  Deno.test(`${what} is logged, and the process goes on`, async () => {
    const told: LogFields[] = [];
    const error = (_: string, fields: LogFields = {}) => void told.push(fields);
    const target = new EventTarget();
    logUncaught(target, { ...fakeLog().log, error });
    // The runtime itself makes the event; what others would do about it is not asked.
    const event = await new Promise<PromiseRejectionEvent & ErrorEvent>((resolve) => {
      const listen = (event: Event) => {
        event.preventDefault();
        resolve(event as PromiseRejectionEvent & ErrorEvent);
      };
      globalThis.addEventListener(type, listen, { once: true });
      cause();
    });
    const { promise, reason, error: thrown } = event;
    const init = { promise, reason, error: thrown, cancelable: true };
    const copy = type === "error"
      ? new ErrorEvent(type, init)
      : new PromiseRejectionEvent(type, init);
    assert.equal(target.dispatchEvent(copy), false, "the default would end the process");
    assert.equal(told.length, 1);
    assert.match(String(told[0].error), /^Error: a bug\n +at /);
  });
}
