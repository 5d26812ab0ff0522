// A mistake in one task or callback must not end the process for everybody who watches: it is told of
// in full, and the rest goes on.

import type { Log } from "../../shared/log.ts";

/** Logs what nobody caught, in place of Deno's ending the process. */
export function logUncaught(target: EventTarget, log: Log): void {
  const tell = (event: Event, message: string, error: unknown) => {
    event.preventDefault();
    log.error(message, { error: String(error instanceof Error ? error.stack : error) });
  };
  target.addEventListener("unhandledrejection", (event) => {
    tell(event, "a task failed that nobody waited for", (event as PromiseRejectionEvent).reason);
  });
  target.addEventListener("error", (event) => {
    tell(event, "a callback failed", (event as ErrorEvent).error);
  });
}
