// Runs a program that answers a question and ends.

import type { Spawn } from "./process.ts";

/** What a program said. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  /** Its last lines, oldest first. */
  readonly stderr: readonly string[];
}

/** Characters kept of an answer. */
const MAX_LENGTH = 64 * 1024;

/**
 * Runs `command` to its end.
 *
 * @returns Undefined where there is no such program, or it cannot be stopped.
 */
export async function outputOf(
  spawn: Spawn,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Output | undefined> {
  const decoder = new TextDecoder();
  let stdout = "";
  const outcome = await spawn(command, signal, (chunk) => {
    if (stdout.length < MAX_LENGTH) stdout += decoder.decode(chunk, { stream: true });
  });
  return outcome.kind === "exited"
    ? { code: outcome.code, stdout, stderr: outcome.stderr }
    : undefined;
}
