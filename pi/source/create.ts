// The source that the settings ask for.

import type { Log } from "../../shared/log.ts";
import { type Config, ignoredSettings, type Picture } from "../config.ts";
import { outputOf, type Spawn } from "../process.ts";
import { endedByItself, runCommand } from "./command.ts";
import { createFfmpeg } from "./ffmpeg.ts";
import { createHttp } from "./http.ts";
import { createPattern } from "./pattern.ts";
import { createRpicam, listCameras } from "./rpicam.ts";
import { type FrameSource, type SourceDeps, SourceError } from "./source.ts";

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
      return createRpicam(deps, "vid", rpicam);
    case "rpicam-still":
      return createRpicam(deps, "still", rpicam);
    case "ffmpeg":
      return ffmpeg(input);
    case "v4l2-ctl":
      return v4l2(input);
    case "http":
      return createHttp(deps, { url: input, fps: picture.fps });
    case "pattern":
      return createPattern(deps, picture, input === "harbour" ? input : "garden");
    case "auto":
      return createAuto({
        spawn,
        log,
        camera,
        rpicam: () => createRpicam(deps, picture.fps < VIDEO_FROM_FPS ? "still" : "vid", rpicam),
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
  readonly camera?: number;
  rpicam(): FrameSource;
  usb(device: string, program: "ffmpeg" | "v4l2-ctl"): FrameSource;
}

/** A camera and why it was taken. */
interface Found {
  readonly why: string;
  /** What it is known by. */
  readonly key: string;
  create(): FrameSource;
}

/**
 * A source that finds a camera: one on the Pi's own connector, else one on USB. Never a test pattern: a
 * picture that is no view must be asked for. It looks again after each failure: cameras are plugged in
 * and out.
 */
export function createAuto(options: AutoOptions): FrameSource {
  const sources = new Map<string, FrameSource>();
  let source: FrameSource | undefined;
  let said = "";
  let failed = true;
  return {
    get name() {
      return source?.name ?? "auto";
    },
    get neverRepeats() {
      return source?.neverRepeats;
    },
    async run(signal, onBytes) {
      if (!source || failed) {
        const { key, create, why } = await find(options, signal);
        if (signal.aborted) return;
        if (why !== said) options.log.info(why);
        said = why;
        source = sources.get(key) ?? create();
        sources.set(key, source);
      }
      failed = true;
      await source.run(signal, onBytes);
      // It was told to stop, as to rest: what was found still holds, and looking takes seconds.
      failed = false;
    },
  };
}

async function find(
  { spawn, camera = 0, rpicam, usb }: AutoOptions,
  signal: AbortSignal,
): Promise<Found> {
  const own = (why: string) => ({ why, key: "rpicam", create: rpicam });
  const list = await listCameras(spawn, "vid", signal);
  const listed = list?.cameras.find(({ index }) => index === camera);
  if (list && listed) return own(`found camera ${camera} (${listed.model}) with ${list.program}`);
  if (list && list.cameras.length > 0) {
    return own(`${list.program} lists no camera ${camera}, which PERCH_CAMERA asks for`);
  }
  const [device] = signal.aborted ? [] : await listUsbCameras(spawn, signal);
  if (device) {
    const program = await outputOf(spawn, ["ffmpeg", "-version"], signal) ? "ffmpeg" : "v4l2-ctl";
    const why = `found no camera on the Pi's own connector, but ${device}, read with ${program}`;
    return { why, key: device + program, create: () => usb(device, program) };
  }
  // The program itself says best why it sees none.
  if (list) return own(`${list.program} lists no camera`);
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

interface V4l2Options extends Pick<Picture, "fps" | "width" | "height"> {
  /** For instance `/dev/v4l/by-id/usb-…-video-index0`, which survives replugging. */
  readonly device: string;
  readonly extraArgs: readonly string[];
}

export function v4l2Command({ device, fps, width, height, extraArgs }: V4l2Options): string[] {
  const format = `--set-fmt-video=width=${width},height=${height},pixelformat=MJPG`;
  const rate = `--set-parm=${Math.max(1, Math.round(fps))}`;
  return ["v4l2-ctl", "-d", device, format, rate, ...extraArgs, "--stream-mmap", "--stream-to=-"];
}

/**
 * A USB camera without ffmpeg: v4l2-ctl writes the camera's own JPEGs as they come. What many leave out,
 * the Huffman tables, the splitter puts in.
 */
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
