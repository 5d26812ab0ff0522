// Runs a camera program as a source does, until it fails or is told to stop.

import type { Spawn } from "../process.ts";
import { explainExit, explainLines } from "./explain.ts";
import { SourceError } from "./source.ts";

/**
 * Runs `command` and gives what it writes to `onBytes`.
 *
 * @returns Its last lines when it ended well by itself (code 0), or was stopped.
 * @throws {SourceError} When it failed. Where the signal's reason is a {@link SourceError}, that
 * one, with what the program's last lines mean.
 */
export async function runCommand(
  spawn: Spawn,
  command: readonly string[],
  signal: AbortSignal,
  onBytes: (chunk: Uint8Array) => void,
  stdin?: string,
): Promise<readonly string[]> {
  const program = command[0] === "stdbuf" ? command[2] : command[0];
  const outcome = await spawn(command, signal, onBytes, stdin);
  if (outcome.kind === "missing") {
    throw new SourceError("configuration", `${command[0]} is not installed`);
  }
  if (outcome.kind === "stuck") {
    throw new SourceError(
      "stuck",
      `reboot needed: ${program} (process ${outcome.pid}) cannot be killed`,
      outcome.stderr,
    );
  }
  if (signal.aborted) {
    const { reason } = signal;
    if (reason instanceof SourceError) {
      const known = explainLines(outcome.stderr);
      const why = known ? `${reason.message}: ${known.message}` : reason.message;
      throw new SourceError(reason.kind, why, outcome.stderr);
    }
    return outcome.stderr;
  }
  if (outcome.code !== 0) throw explainExit(program, outcome.code, outcome.stderr);
  return outcome.stderr;
}

/** The error for a program that ended with code 0 although it was to run for ever. */
export function endedByItself(program: string, stderr: readonly string[]): SourceError {
  return new SourceError("hardware", `${program} ended by itself`, stderr);
}

/** The option an older build does not know, for instance `--mode`; undefined where it was not that. */
export function unknownOption(stderr: readonly string[]): string | undefined {
  return /unrecognised option '(--[^'=]+)/.exec(stderr.join("\n"))?.[1];
}
