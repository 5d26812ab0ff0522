import type { Log } from "../log.ts";

/** A log, and all that was written to it, without its fields. */
export function fakeLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  return { lines, log: { info: write, warn: write, error: write } };
}
