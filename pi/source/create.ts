// The source that the settings ask for.

import { type Config, ignoredSettings, type Picture } from "../config.ts";
import { outputOf, type Spawn } from "../process.ts";
import { endedByItself, runCommand } from "./command.ts";
import { createFfmpeg, type FfmpegOptions } from "./ffmpeg.ts";
import { createHttp } from "./http.ts";
import { createPattern } from "./pattern.ts";
import { createRpicam, listCameras } from "./rpicam.ts";
import { type FrameSource, type SourceDeps, SourceError } from "./source.ts";

/** Frames a second below which `auto` takes single stills instead of video. */
const VIDEO_FROM_FPS = 0.5;

export function createSource(deps: SourceDeps, config: Config, picture: Picture): FrameSource {
  const { source, input = "" } = config;
  const options = { ...config, ...picture, picture, input };
  switch (source) {
    case "rpicam-vid":
      return createRpicam(deps, "vid", options);
    case "rpicam-still":
      return createRpicam(deps, "still", options);
    case "ffmpeg":
      return createFfmpeg(deps, options);
    case "v4l2-ctl":
      return createV4l2Ctl(deps.spawn, options);
    case "http":
      return createHttp(deps, { url: input, fps: picture.fps });
    case "pattern":
      return createPattern(deps, picture, input === "harbour" ? input : "garden");
    case "auto":
      return createAuto(deps, config, picture);
  }
}

/**
 * A source that finds a camera, and looks again after each failure: cameras are plugged in and out.
 */
function createAuto(deps: SourceDeps, config: Config, picture: Picture): FrameSource {
  const { spawn, log } = deps;
  const own = picture.fps < VIDEO_FROM_FPS ? "rpicam-still" : "rpicam-vid";
  const sources = new Map<string, FrameSource>();
  let current: FrameSource | undefined;
  let said = "";
  let failed = true;
  return {
    get name() {
      return current?.name ?? "auto";
    },
    get neverRepeats() {
      return current?.neverRepeats;
    },
    async run(signal, onBytes) {
      if (!current || failed) {
        const { source = own, input, why } = await findCamera(spawn, config.camera, signal);
        if (signal.aborted) return;
        if (why !== said) log.info(why);
        said = why;
        current = sources.get(source + input);
        if (!current) {
          const ignored = input && ignoredSettings(source, config.given);
          if (ignored && picture === config.picture) log.warn(ignored);
          current = createSource(deps, { ...config, source, input }, picture);
          sources.set(source + input, current);
        }
      }
      failed = true;
      await current.run(signal, onBytes);
      // It was told to stop, as to rest: what was found still holds, and looking takes seconds.
      failed = false;
    },
  };
}

/** A camera and why it was taken. */
interface Found {
  readonly why: string;
  /** Undefined for the rpicam programs. */
  readonly source?: "ffmpeg" | "v4l2-ctl";
  readonly input?: string;
}

/**
 * The camera on the Pi's own connector, else one on USB. Never a test pattern: a picture that is no view
 * must be asked for.
 */
export async function findCamera(
  spawn: Spawn,
  camera = 0,
  signal: AbortSignal,
): Promise<Found> {
  const list = await listCameras(spawn, "vid", signal);
  const listed = list?.cameras.find(({ index }) => index === camera);
  if (listed) return { why: `found camera ${camera} (${listed.model}) with ${list?.program}` };
  if (list && list.cameras.length > 0) {
    return { why: `${list.program} lists no camera ${camera}, which PERCH_CAMERA asks for` };
  }
  const [input] = signal.aborted ? [] : await listUsbCameras(spawn, signal);
  if (input) {
    const source = await outputOf(spawn, ["ffmpeg", "-version"], signal) ? "ffmpeg" : "v4l2-ctl";
    const why = `found no camera on the Pi's own connector, but ${input}, read with ${source}`;
    return { why, source, input };
  }
  // The program itself says best why it sees none.
  if (list) return { why: `${list.program} lists no camera` };
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

type V4l2Options = Pick<FfmpegOptions, "input" | "fps" | "width" | "height" | "extraArgs">;

export function v4l2Command({ input, fps, width, height, extraArgs }: V4l2Options): string[] {
  const format = `--set-fmt-video=width=${width},height=${height},pixelformat=MJPG`;
  const rate = `--set-parm=${Math.max(1, Math.round(fps))}`;
  return ["v4l2-ctl", "-d", input, format, rate, ...extraArgs, "--stream-mmap", "--stream-to=-"];
}

/**
 * A USB camera without ffmpeg: v4l2-ctl writes the camera's own JPEGs as they come. What many leave out,
 * the Huffman tables, the splitter puts in.
 */
export function createV4l2Ctl(spawn: Spawn, options: V4l2Options): FrameSource {
  return {
    name: `v4l2-ctl ${options.input}`,
    neverRepeats: true,
    async run(signal, onBytes) {
      const stderr = await runCommand(spawn, v4l2Command(options), signal, onBytes);
      if (!signal.aborted) throw endedByItself("v4l2-ctl", stderr);
    },
  };
}
