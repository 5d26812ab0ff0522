// Runs a camera program as a source does, until it fails or is told to stop, and says what its last
// lines mean for a person.

import type { Spawn } from "../process.ts";
import { SourceError, type SourceErrorKind } from "./source.ts";

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
    const words = `reboot needed: ${program} (process ${outcome.pid}) cannot be killed`;
    throw new SourceError("stuck", words, outcome.stderr);
  }
  const { code, stderr } = outcome;
  const { aborted, reason } = signal;
  if (reason instanceof SourceError) {
    const known = explainLines(stderr);
    throw new SourceError(
      reason.kind,
      known ? `${reason.message}: ${known.message}` : reason.message,
      stderr,
    );
  }
  if (!aborted && code !== 0) throw explainExit(program, code, stderr);
  return stderr;
}

/** The error for a program that ended with code 0 although it was to run for ever. */
export function endedByItself(program: string, stderr: readonly string[]): SourceError {
  return new SourceError("hardware", `${program} ended by itself`, stderr);
}

/** The option an older build does not know, for instance `--mode`; undefined where it was not that. */
export function unknownOption(stderr: readonly string[]): string | undefined {
  return /unrecognised option '(--[^'=]+)/.exec(stderr.join("\n"))?.[1];
}

/** First match wins; `$1` stands for what the pattern caught. */
// deno-fmt-ignore
const EXPLANATIONS: readonly (readonly [kind: SourceErrorKind, pattern: RegExp, message: string])[] = [
  ["configuration", /(unrecognised option '[^']+'|the argument .* is invalid|the required argument .*|option '[^']+' is ambiguous.*|option '[^']+' cannot be specified.*|Invalid mode.*|Packing indicator.*|must be even|transforms requiring.*|illegal rotation.*|Invalid \S+ (?:mode|value).*)/i, "the camera program rejects its settings: $1"],
  ["configuration", /selected camera is not available/, "there is no camera with the number in PERCH_CAMERA"],
  ["configuration", /only supports the Raspberry Pi platforms/, "this machine is no Raspberry Pi: set PERCH_SOURCE to ffmpeg, http or pattern"],
  ["configuration", /legacy camera stack/, "the legacy camera stack is on: switch it off in raspi-config and reboot"],
  ["hardware", /no cameras available/i, "no camera found: check the ribbon cable at both ends (a Pi 5 needs the 22-pin cable) and camera_auto_detect=1 in /boot/firmware/config.txt"],
  ["hardware", /Could not open any dmaHeap device/i, "no permission for /dev/dma_heap: add the user to the group video"],
  ["hardware", /dmaHeap allocation failure|failed to allocate capture buffers|Unable to (?:request|allocate) \d* ?buffers|Cannot allocate memory/i, "the camera got no memory in one piece (CMA): in /boot/firmware/config.txt remove gpu_mem and write dtoverlay=vc4-kms-v3d,cma-256, then reboot, or choose a smaller picture"],
  ["hardware", /No space left on device|not enough bandwidth/i, "USB has no bandwidth left for this camera: give it a port of its own, without a hub, or lower PERCH_WIDTH, PERCH_HEIGHT or PERCH_FPS"],
  ["hardware", /in use by another process|failed to acquire camera|Device or resource busy/i, "the camera is in use by another program: find it with sudo fuser -v /dev/media* /dev/video*"],
  ["hardware", /failed to start camera/, "the camera did not start: check the cable and the power supply"],
  ["hardware", /Camera frontend has timed out|Dequeue timer .* has expired/, "the camera stopped answering: check the cable and the power supply"],
  ["hardware", /Permission denied/, "no permission for the camera: add the user to the group video"],
  ["configuration", /(Unrecognized option '[^']+'|Option \S+ not found|Unknown input format: \S+|No such filter: \S+|Error parsing .*)/, "ffmpeg rejects its settings: $1"],
  ["hardware", /No such file or directory|No such device|Cannot open device/, "there is nothing at PERCH_INPUT: is the camera plugged in?"],
  ["configuration", /(401 Unauthorized|403 Forbidden|404 Not Found)/, "the camera at PERCH_INPUT answers $1: check user, password and path"],
  ["hardware", /(Connection refused|Connection timed out|No route to host|Network is unreachable|Failed to resolve hostname)/i, "the camera at PERCH_INPUT cannot be reached: $1"],
  ["hardware", /Invalid data found when processing input|pipe:0: (?:Input\/output error|End of file)/, "what is at PERCH_INPUT is no picture and no film that ffmpeg knows"],
];

/** What a camera program's last lines mean, oldest first; undefined where they say nothing known. */
export function explainLines(stderr: readonly string[]): SourceError | undefined {
  const text = stderr.join("\n");
  for (const [kind, pattern, message] of EXPLANATIONS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const words = message.replace("$1", () => (match[1] ?? "").replace(/[\s*]+$/, ""));
    return new SourceError(kind, words, stderr);
  }
}

/** Lines that say how the camera was set up, not what went wrong. */
const CHATTER =
  / INFO |^Mode selection | - Score: |^Stream configuration adjusted|^Preview window /;

/** The error for a camera program that ended by itself; its last lines come oldest first. */
export function explainExit(program: string, code: number, stderr: readonly string[]): SourceError {
  const last = stderr.findLast((line) => !CHATTER.test(line))?.trim();
  const words = `${program} ended with code ${code}${last ? `: ${last.slice(0, 200)}` : ""}`;
  return explainLines(stderr) ?? new SourceError("hardware", words, stderr);
}
