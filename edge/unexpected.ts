// A mistake in one task must not end the process for everybody who watches: it is told of in full,
// and the rest goes on.

import type { Log } from "../shared/log.ts";

/** Logs rejections that nobody waited for, in place of Deno's ending the process. */
export function surviveRejections(target: EventTarget, log: Log): void {
  target.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const { reason } = event as PromiseRejectionEvent;
    log.error("a task failed that nobody waited for", {
      error: String(reason instanceof Error ? reason.stack : reason),
    });
  });
}
