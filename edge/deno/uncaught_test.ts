import assert from "node:assert/strict";
import type { LogFields } from "../../shared/log.ts";
import { logUncaught } from "./uncaught.ts";

/** What is logged of the next event of a kind, which the runtime itself makes. */
async function logged(type: "unhandledrejection" | "error", cause: () => void) {
  const told: [string, LogFields | undefined][] = [];
  const error = (message: string, fields?: LogFields) => void told.push([message, fields]);
  const ignore = () => {};
  const stop = new AbortController();
  const target = new EventTarget();
  logUncaught(target, { info: ignore, warn: ignore, error });
  const arrived = new Promise<Event>((resolve) => {
    globalThis.addEventListener(type, (event) => {
      const copy = type === "error"
        ? new ErrorEvent(type, { ...pick(event as ErrorEvent), cancelable: true })
        : new PromiseRejectionEvent(type, {
          promise: (event as PromiseRejectionEvent).promise,
          reason: (event as PromiseRejectionEvent).reason,
          cancelable: true,
        });
      if (!target.dispatchEvent(copy)) event.preventDefault();
      resolve(copy);
    }, { signal: stop.signal });
  });
  cause();
  const event = await arrived;
  stop.abort();
  assert(event.defaultPrevented);
  return told;
}

function pick({ error, message }: ErrorEvent): ErrorEventInit {
  return { error, message };
}

Deno.test("a rejection that nobody waited for is logged, and the process goes on", async () => {
  const told = await logged("unhandledrejection", () => void Promise.reject(new Error("a bug")));
  assert.equal(told.length, 1);
  assert.match(String(told[0][1]?.error), /^Error: a bug\n +at /);
});

Deno.test("what a callback of the platform throws is logged, and the process goes on", async () => {
  const told = await logged("error", () =>
    void setTimeout(() => {
      throw new Error("a bug");
    }));
  assert.equal(told.length, 1);
  assert.match(String(told[0][1]?.error), /^Error: a bug\n +at /);
});
