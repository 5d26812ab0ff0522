// Deno sends what OpenTelemetry has collected while it exits, and where the collector takes that and
// never answers it waits for ever (denoland/deno#33157).

import { openLibc } from "./listener/libc.ts";

/** What Deno may take, s. */
const PATIENCE_S = 2;

/** To be set right before the exit: the kernel ends the process, with SIGALRM, if Deno does not. */
export function setExitAlarm(): void {
  openLibc()?.alarm(PATIENCE_S);
}
