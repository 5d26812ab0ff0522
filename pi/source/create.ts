// The source that the settings ask for.

import type { Log } from "../../shared/log.ts";
import { type Config, ignoredSettings, type Picture } from "../config.ts";
import { outputOf, type Spawn } from "../process.ts";
import { createFfmpeg } from "./ffmpeg.ts";
import { createHttp } from "./http.ts";
import { createPattern } from "./pattern.ts";
import { createRpicamStill, createRpicamVid, listCameras } from "./rpicam.ts";
import { type FrameSource, type SourceDeps, SourceError } from "./source.ts";
import { createV4l2Ctl } from "./v4l2_ctl.ts";

/** Frames a second below which `auto` takes single stills instead of video. */
const VIDEO_FROM_FPS = 0.5;

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
      return createPattern(deps, {
        ...picture,
        scene: input === "harbour" ? "harbour" : "garden",
      });
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

export interface AutoOptions {
  readonly spawn: Spawn;
  readonly log: Log;
  /** Which camera on the Pi's own connectors. */
  readonly camera?: number;
  /** Makes the source for the Pi's own camera. */
  rpicam(): FrameSource;
  /** Makes the source for a USB camera. */
  usb(device: string, program: "ffmpeg" | "v4l2-ctl"): FrameSource;
}

/** A camera and why it was taken. */
interface Choice {
  readonly source: FrameSource;
  readonly why: string;
}

/**
 * A source that finds a camera: one on the Pi's own connector, else one on USB. Never a test pattern: a
 * picture that is no view must be asked for. It looks again after each failure: cameras are plugged in
 * and out.
 */
export function createAuto(options: AutoOptions): FrameSource {
  const sources = new Map<string, FrameSource>();
  const known = (key: string, create: () => FrameSource) => {
    const source = sources.get(key) ?? create();
    sources.set(key, source);
    return source;
  };
  let choice: Choice | undefined;
  let failed = true;
  return {
    get name() {
      return choice?.source.name ?? "auto";
    },
    get neverRepeats() {
      return choice?.source.neverRepeats;
    },
    async run(signal, onBytes) {
      if (!choice || failed) {
        const found = await choose(options, known, signal);
        if (signal.aborted) return;
        if (found.why !== choice?.why) options.log.info(found.why);
        choice = found;
      }
      failed = true;
      await choice.source.run(signal, onBytes);
      // It was told to stop, as to rest: what was found still holds, and looking takes seconds.
      failed = false;
    },
  };
}

async function choose(
  { spawn, camera = 0, rpicam, usb }: AutoOptions,
  known: (key: string, create: () => FrameSource) => FrameSource,
  signal: AbortSignal,
): Promise<Choice> {
  const list = await listCameras(spawn, "vid", signal);
  const own = list?.cameras.find(({ index }) => index === camera);
  if (list && own) {
    const why = `found camera ${own.index} (${own.model}) with ${list.program}`;
    return { source: known("rpicam", rpicam), why };
  }
  if (list && list.cameras.length > 0) {
    const why = `${list.program} lists no camera ${camera}, which PERCH_CAMERA asks for`;
    return { source: known("rpicam", rpicam), why };
  }
  const [device] = signal.aborted ? [] : await listUsbCameras(spawn, signal);
  if (device) {
    const program = await outputOf(spawn, ["ffmpeg", "-version"], signal) ? "ffmpeg" : "v4l2-ctl";
    const why = `found no camera on the Pi's own connector, but ${device}, read with ${program}`;
    return { source: known(device + program, () => usb(device, program)), why };
  }
  // The program itself says best why it sees none.
  if (list) return { source: known("rpicam", rpicam), why: `${list.program} lists no camera` };
  throw new SourceError(
    "configuration",
    "no camera: neither rpicam-vid nor libcamera-vid is installed (sudo apt install " +
      "rpicam-apps-lite), and there is no USB camera in /dev/v4l/by-id. For a network camera set " +
      "PERCH_SOURCE and PERCH_INPUT; for a test pattern, PERCH_SOURCE=pattern",
  );
}

/** USB cameras, by names that survive replugging. */
export async function listUsbCameras(spawn: Spawn, signal: AbortSignal): Promise<string[]> {
  // Deno itself may not look into /dev without every permission there is.
  const output = await outputOf(spawn, ["ls", "-1", "/dev/v4l/by-id"], signal);
  return (output?.stdout ?? "").split("\n")
    .filter((name) => /^usb-.*-video-index0$/.test(name))
    .map((name) => `/dev/v4l/by-id/${name}`);
}
