// The source that the settings ask for.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Config, Picture } from "../config.ts";
import type { Spawn } from "../process.ts";
import { createFfmpeg } from "./ffmpeg.ts";
import { createPattern } from "./pattern.ts";
import { createRpicamStill } from "./rpicam_still.ts";
import { createRpicamVid } from "./rpicam_vid.ts";
import type { FrameSource } from "./source.ts";

/** What sources need from outside. */
export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly spawn: Spawn;
}

/** Frames a second below which `auto` takes single stills instead of video. */
export const VIDEO_FROM_FPS = 0.5;

/** Makes the source for the settings, with the picture of the hour. */
export function createSource(deps: SourceDeps, config: Config, picture: Picture): FrameSource {
  const { input = "", controls, camera, mode, hflip, vflip, extraArgs } = config;
  const rpicam = { picture, controls, camera, mode, extraArgs };
  switch (config.source) {
    case "rpicam-vid":
      return createRpicamVid(deps, rpicam);
    case "rpicam-still":
      return createRpicamStill(deps, rpicam);
    case "ffmpeg":
      return createFfmpeg(deps.spawn, { ...picture, input, hflip, vflip, extraArgs });
    case "pattern":
      return createPattern(deps, picture);
    default:
      return picture.fps < VIDEO_FROM_FPS
        ? createRpicamStill(deps, rpicam)
        : createRpicamVid(deps, rpicam);
  }
}
