// The source that the settings ask for.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import { type Config, ignoredSettings, type Picture } from "../config.ts";
import type { Spawn } from "../process.ts";
import type { Connect } from "../uploader/connection.ts";
import { createAuto } from "./auto.ts";
import { createFfmpeg } from "./ffmpeg.ts";
import { createHttp } from "./http.ts";
import { createPattern } from "./pattern.ts";
import { createRpicamStill } from "./rpicam_still.ts";
import { createRpicamVid } from "./rpicam_vid.ts";
import type { FrameSource } from "./source.ts";
import { createV4l2Ctl } from "./v4l2_ctl.ts";

/** What sources need from outside. */
export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly spawn: Spawn;
  readonly connect: Connect;
}

/** Frames a second below which `auto` takes single stills instead of video. */
export const VIDEO_FROM_FPS = 0.5;

/** Makes the source for the settings, with the picture of the hour. */
export function createSource(deps: SourceDeps, config: Config, picture: Picture): FrameSource {
  const { spawn, log } = deps;
  const { input = "", controls, camera, mode, hflip, vflip, extraArgs } = config;
  const rpicam = { picture, controls, camera, mode, extraArgs };
  const ffmpeg = (input: string) =>
    createFfmpeg(deps, { ...picture, input, hflip, vflip, extraArgs });
  const v4l2 = (device: string) => createV4l2Ctl(spawn, { ...picture, device, extraArgs });
  switch (config.source) {
    case "rpicam-vid":
      return createRpicamVid(deps, rpicam);
    case "rpicam-still":
      return createRpicamStill(deps, rpicam);
    case "ffmpeg":
      return ffmpeg(input);
    case "v4l2-ctl":
      return v4l2(input);
    case "http":
      return createHttp(deps, { url: input, fps: picture.fps });
    case "pattern":
      return createPattern(deps, picture);
    case "auto":
      return createAuto({
        spawn,
        log,
        camera,
        rpicam: () =>
          picture.fps < VIDEO_FROM_FPS
            ? createRpicamStill(deps, rpicam)
            : createRpicamVid(deps, rpicam),
        usb: (device, program) => {
          const ignored = ignoredSettings(program, config.given);
          if (ignored && picture === config.picture) log.warn(ignored);
          return program === "ffmpeg" ? ffmpeg(device) : v4l2(device);
        },
      });
  }
}
