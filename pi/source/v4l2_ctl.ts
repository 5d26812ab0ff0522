// A USB camera without ffmpeg: v4l2-ctl writes the camera's own JPEGs as they come. What many leave
// out, the Huffman tables, the splitter puts in.

import type { Spawn } from "../process.ts";
import { endedByItself, runCommand } from "./command.ts";
import type { FrameSource } from "./source.ts";

export interface V4l2Options {
  /** For instance `/dev/v4l/by-id/usb-…-video-index0`, which survives replugging. */
  readonly device: string;
  readonly fps: number;
  readonly width: number;
  readonly height: number;
  readonly extraArgs: readonly string[];
}

export function v4l2Command({ device, fps, width, height, extraArgs }: V4l2Options): string[] {
  const format = `--set-fmt-video=width=${width},height=${height},pixelformat=MJPG`;
  const rate = `--set-parm=${Math.max(1, Math.round(fps))}`;
  return ["v4l2-ctl", "-d", device, format, rate, ...extraArgs, "--stream-mmap", "--stream-to=-"];
}

export function createV4l2Ctl(spawn: Spawn, options: V4l2Options): FrameSource {
  return {
    name: `v4l2-ctl ${options.device}`,
    neverRepeats: true,
    async run(signal, onBytes) {
      const stderr = await runCommand(spawn, v4l2Command(options), signal, onBytes);
      if (!signal.aborted) throw endedByItself("v4l2-ctl", stderr);
    },
  };
}
