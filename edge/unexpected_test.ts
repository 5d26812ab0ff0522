import assert from "node:assert/strict";
import type { LogFields } from "../shared/log.ts";
import { surviveRejections } from "./unexpected.ts";

Deno.test("a rejection that nobody waited for is logged, and the process goes on", async () => {
  const told: [string, LogFields | undefined][] = [];
  const error = (message: string, fields?: LogFields) => void told.push([message, fields]);
  const ignore = () => {};
  const stop = new AbortController();
  const target = new EventTarget();
  surviveRejections(target, { info: ignore, warn: ignore, error });
  // The runtime's own event, passed on to the one that is listened to here.
  const arrived = new Promise<PromiseRejectionEvent>((resolve) => {
    globalThis.addEventListener("unhandledrejection", (event) => {
      const copy = new PromiseRejectionEvent("unhandledrejection", {
        promise: event.promise,
        reason: event.reason,
        cancelable: true,
      });
      if (!target.dispatchEvent(copy)) event.preventDefault();
      resolve(copy);
    }, { signal: stop.signal });
  });
  Promise.reject(new Error("a bug"));
  const event = await arrived;
  stop.abort();
  assert(event.defaultPrevented);
  assert.equal(told.length, 1);
  assert.match(String(told[0][1]?.error), /^Error: a bug\n +at /);
});
