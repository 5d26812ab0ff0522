// Slow, large stills. From 15 s between pictures one process a shot, which rests the camera in
// between; below that one process that takes them on a timer.

import type { Clock } from "../../shared/clock.ts";
import { within } from "../../shared/timeout.ts";
import { endedByItself } from "./command.ts";
import {
  exposureArgs,
  rpicamChooser,
  type RpicamDeps,
  type RpicamOptions,
  runRpicam,
} from "./rpicam.ts";
import { type FrameSource, SourceError } from "./source.ts";

/** Ms between pictures from which each gets a process of its own. */
export const SHOT_FROM_MS = 15_000;

/** Ms the camera looks before it shoots, to find exposure and white balance. */
const LOOK_MS = 1500;

/** Ms after which a shot counts as hung, on top of what its shutter takes. */
const SHOT_DEADLINE_MS = 30_000;

function rest({ picture, controls, mode, extraArgs }: RpicamOptions): string[] {
  return [
    // The thumbnail would be a second JPEG inside each JPEG.
    ...["--thumb", "none", "-q", String(picture.quality)],
    ...["--width", String(picture.width), "--height", String(picture.height)],
    ...exposureArgs(picture),
    ...(mode ? ["--mode", mode] : []),
    ...controls,
    ...extraArgs,
    ...["-o", "-"],
  ];
}

/** The command line for one shot. */
export function shotCommand(program: string, options: RpicamOptions): string[] {
  return [program, "-n", "-t", String(LOOK_MS), ...rest(options)];
}

/**
 * The command line for pictures on a timer. `stdbuf -o0`, because the program never flushes: each
 * picture's last bytes would stay in its buffer until the next one pushes them out.
 */
export function timerCommand(program: string, options: RpicamOptions): string[] {
  const interval = String(Math.round(1000 / options.picture.fps));
  const timer = ["-n", "-t", "0", "--timelapse", interval, "--zsl"];
  return ["stdbuf", "-o0", program, ...timer, ...rest(options)];
}

/** What the source needs from outside. */
export interface StillDeps extends RpicamDeps {
  readonly clock: Clock;
}

/** Makes the source. */
export function createRpicamStill(deps: StillDeps, options: RpicamOptions): FrameSource {
  const { width, height, fps } = options.picture;
  const interval = 1000 / fps;
  const choose = rpicamChooser(deps.spawn, "still", options);
  return {
    name: `rpicam-still ${width}x${height} every ${Math.round(interval / 100) / 10} s`,
    neverRepeats: true,
    async run(signal, onBytes) {
      const { program, mode } = await choose(signal);
      const chosen = { ...options, mode };
      if (interval >= SHOT_FROM_MS) {
        await takeShots(deps, shotCommand(program, chosen), chosen, signal, onBytes);
      } else if (!signal.aborted) {
        const command = timerCommand(program, chosen);
        const stderr = await runRpicam(deps, command, options.extraArgs, signal, onBytes);
        if (!signal.aborted) throw endedByItself(program, stderr);
      }
    },
  };
}

async function takeShots(
  deps: StillDeps,
  command: readonly string[],
  { picture, extraArgs }: RpicamOptions,
  signal: AbortSignal,
  onBytes: (chunk: Uint8Array) => void,
): Promise<void> {
  const { clock } = deps;
  const deadline = SHOT_DEADLINE_MS + 10 * (picture.shutter ?? 0) / 1000;
  let due = clock.monotonic();
  while (!signal.aborted) {
    await within(clock, deadline, signal, async (shot) => {
      await runRpicam(deps, command, extraArgs, shot, onBytes);
      if (shot.aborted && !signal.aborted) {
        throw new SourceError(
          "hardware",
          `no picture within ${deadline / 1000} s: ${command[0]} hangs`,
        );
      }
    });
    due = Math.max(due + 1000 / picture.fps, clock.monotonic());
    await clock.sleep(due - clock.monotonic(), signal).catch(() => {});
  }
}
