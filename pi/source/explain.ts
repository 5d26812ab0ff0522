// What a camera program's last lines mean for a person.

import { SourceError, type SourceErrorKind } from "./source.ts";

interface Explanation {
  readonly pattern: RegExp;
  readonly kind: SourceErrorKind;
  readonly message: string;
}

/** First match wins; `$1` and so on stand for what the pattern caught. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern:
      /(unrecognised option '[^']+'|the argument .* is invalid|the required argument .*|option '[^']+' is ambiguous.*|option '[^']+' cannot be specified.*|Invalid mode.*|Packing indicator.*|must be even|transforms requiring.*|illegal rotation.*|Invalid \S+ (?:mode|value).*)/i,
    kind: "configuration",
    message: "the camera program rejects its settings: $1",
  },
  {
    pattern: /selected camera is not available/,
    kind: "configuration",
    message: "there is no camera with the number in PERCH_CAMERA",
  },
  {
    pattern: /only supports the Raspberry Pi platforms/,
    kind: "configuration",
    message: "this machine is no Raspberry Pi: set PERCH_SOURCE to ffmpeg, http or pattern",
  },
  {
    pattern: /legacy camera stack/,
    kind: "configuration",
    message: "the legacy camera stack is on: switch it off in raspi-config and reboot",
  },
  {
    pattern: /no cameras available/i,
    kind: "hardware",
    message:
      "no camera found: check the ribbon cable at both ends (a Pi 5 needs the 22-pin cable) and camera_auto_detect=1 in /boot/firmware/config.txt",
  },
  {
    pattern: /Could not open any dmaHeap device/i,
    kind: "hardware",
    message: "no permission for /dev/dma_heap: add the user to the group video",
  },
  {
    pattern:
      /dmaHeap allocation failure|failed to allocate capture buffers|Unable to (?:request|allocate) \d* ?buffers|Cannot allocate memory/i,
    kind: "hardware",
    message:
      "the camera got no memory in one piece (CMA): in /boot/firmware/config.txt remove gpu_mem and write dtoverlay=vc4-kms-v3d,cma-256, then reboot, or choose a smaller picture",
  },
  {
    pattern: /No space left on device|not enough bandwidth/i,
    kind: "hardware",
    message:
      "USB has no bandwidth left for this camera: give it a port of its own, without a hub, or lower PERCH_WIDTH, PERCH_HEIGHT or PERCH_FPS",
  },
  {
    pattern: /in use by another process|failed to acquire camera|Device or resource busy/i,
    kind: "hardware",
    message:
      "the camera is in use by another program: find it with sudo fuser -v /dev/media* /dev/video*",
  },
  {
    pattern: /failed to start camera/,
    kind: "hardware",
    message: "the camera did not start: check the cable and the power supply",
  },
  {
    pattern: /Camera frontend has timed out|Dequeue timer .* has expired/,
    kind: "hardware",
    message: "the camera stopped answering: check the cable and the power supply",
  },
  {
    pattern: /Permission denied/,
    kind: "hardware",
    message: "no permission for the camera: add the user to the group video",
  },
  {
    pattern:
      /(Unrecognized option '[^']+'|Option \S+ not found|Unknown input format: \S+|No such filter: \S+|Error parsing .*)/,
    kind: "configuration",
    message: "ffmpeg rejects its settings: $1",
  },
  {
    pattern: /No such file or directory|No such device|Cannot open device/,
    kind: "hardware",
    message: "there is nothing at PERCH_INPUT: is the camera plugged in?",
  },
  {
    pattern: /(401 Unauthorized|403 Forbidden|404 Not Found)/,
    kind: "configuration",
    message: "the camera at PERCH_INPUT answers $1: check user, password and path",
  },
  {
    pattern:
      /(Connection refused|Connection timed out|No route to host|Network is unreachable|Failed to resolve hostname)/i,
    kind: "hardware",
    message: "the camera at PERCH_INPUT cannot be reached: $1",
  },
  {
    pattern: /Invalid data found when processing input|pipe:0: (?:Input\/output error|End of file)/,
    kind: "hardware",
    message: "what is at PERCH_INPUT is no picture and no film that ffmpeg knows",
  },
];

/**
 * What a camera program's last lines mean, or undefined where they say nothing known.
 *
 * @param stderr Oldest first.
 */
export function explainLines(stderr: readonly string[]): SourceError | undefined {
  const text = stderr.join("\n");
  for (const { pattern, kind, message } of EXPLANATIONS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const words = message.replace("$1", () => (match[1] ?? "").replace(/[\s*]+$/, ""));
    return new SourceError(kind, words, stderr);
  }
}

/** Lines that say how the camera was set up, not what went wrong. */
const CHATTER =
  / INFO |^Mode selection | - Score: |^Stream configuration adjusted|^Preview window /;

/**
 * The error for a camera program that ended by itself.
 *
 * @param program Its name.
 * @param code Its exit code.
 * @param stderr Its last lines, oldest first.
 */
export function explainExit(program: string, code: number, stderr: readonly string[]): SourceError {
  const last = stderr.findLast((line) => !CHATTER.test(line))?.trim();
  const words = `${program} ended with code ${code}${last ? `: ${last.slice(0, 200)}` : ""}`;
  return explainLines(stderr) ?? new SourceError("hardware", words, stderr);
}
