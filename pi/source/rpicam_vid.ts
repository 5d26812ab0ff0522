// The default: one long-lived rpicam-vid that writes MJPEG to stdout. Nothing else gives a whole
// frame the moment it is taken: rpicam-still holds back the end of each until the next.

import { endedByItself } from "./command.ts";
import {
  exposureArgs,
  rpicamChooser,
  type RpicamDeps,
  type RpicamOptions,
  runRpicam,
} from "./rpicam.ts";
import type { FrameSource } from "./source.ts";

/** The command line, for `rpicam-vid` or `libcamera-vid`. */
export function rpicamVidCommand(program: string, options: RpicamOptions): string[] {
  const { picture, controls, mode, extraArgs } = options;
  // Plain numbers only: Bullseye knows no units.
  return [
    program,
    ...["-n", "-t", "0", "--codec", "mjpeg", "--flush", "-q", String(picture.quality)],
    ...["--width", String(picture.width), "--height", String(picture.height)],
    ...["--framerate", String(picture.fps)],
    ...exposureArgs(picture),
    ...(mode ? ["--mode", mode] : []),
    ...controls,
    ...extraArgs,
    ...["-o", "-"],
  ];
}

/** Makes the source. */
export function createRpicamVid(deps: RpicamDeps, options: RpicamOptions): FrameSource {
  const { width, height, fps } = options.picture;
  const choose = rpicamChooser(deps.spawn, "vid", options);
  return {
    name: `rpicam-vid ${width}x${height} at ${fps} fps`,
    neverRepeats: true,
    async run(signal, onBytes) {
      const { program, mode } = await choose(signal);
      if (signal.aborted) return;
      const command = rpicamVidCommand(program, { ...options, mode });
      const stderr = await runRpicam(deps, command, options.extraArgs, signal, onBytes);
      if (!signal.aborted) throw endedByItself(program, stderr);
    },
  };
}
