// The Pi's own camera, by rpicam-vid or rpicam-still: their two names, their list of cameras, options
// that older builds do not know, and their command lines.

import { within } from "../../shared/timeout.ts";
import type { Config, Picture } from "../config.ts";
import { outputOf, type Spawn } from "../process.ts";
import { endedByItself, runCommand, unknownOption } from "./command.ts";
import { type FrameSource, pacer, type SourceDeps, SourceError } from "./source.ts";

type RpicamDeps = Pick<SourceDeps, "spawn" | "log" | "clock">;

type Kind = "vid" | "still";

export type RpicamOptions =
  & { readonly picture: Picture }
  & Pick<Config, "controls" | "extraArgs">
  & Partial<Pick<Config, "camera" | "mode">>;

/** The programs' families, newest name first: Bullseye knows only the second. */
const FAMILIES = ["rpicam", "libcamera"] as const;

/** The cameras a Pi knows, and the program that told. */
export interface CameraList {
  readonly program: string;
  readonly cameras: readonly ListedCamera[];
  /** What it had to say besides. */
  readonly stderr: readonly string[];
}

/** Undefined where the Pi has none of the programs. It opens each camera: never while one is running. */
export async function listCameras(
  spawn: Spawn,
  kind: Kind,
  signal: AbortSignal,
): Promise<CameraList | undefined> {
  for (const family of FAMILIES) {
    const program = `${family}-${kind}`;
    const output = await outputOf(spawn, [program, "--list-cameras"], signal);
    if (output) return { program, cameras: parseCameraList(output.stdout), stderr: output.stderr };
  }
}

/**
 * Runs a camera program as {@link runCommand} does, once more for each option that this build of it does
 * not know, without it. Options the person gave in `PERCH_EXTRA_ARGS` are never left out.
 */
async function runRpicam(
  { spawn, log }: RpicamDeps,
  command: readonly string[],
  extraArgs: readonly string[],
  signal: AbortSignal,
  onBytes: (chunk: Uint8Array) => void,
): Promise<readonly string[]> {
  let rest = command;
  for (;;) {
    try {
      return await runCommand(spawn, rest, signal, onBytes);
    } catch (error) {
      const option = error instanceof SourceError ? unknownOption(error.detail) : undefined;
      const given = option && rest.includes(option) && !extraArgs.includes(option);
      if (!given || signal.aborted) throw error;
      log.warn(`${command[0]} does not know ${option}: going on without it`);
      rest = withoutOption(rest, option);
    }
  }
}

/** `command` without `option`, which is in it, and its value where it has one. */
export function withoutOption(command: readonly string[], option: string): string[] {
  const at = command.indexOf(option);
  const next = command[at + 1];
  return command.toSpliced(at, next !== undefined && !/^--?[a-z]/i.test(next) ? 2 : 1);
}

interface ListedCamera {
  readonly index: number;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly modes: {
    readonly width: number;
    readonly height: number;
    readonly bits: number;
    readonly packed: boolean;
    readonly fps: number;
    /** The part of the sensor it covers. */
    readonly crop: { readonly width: number; readonly height: number };
  }[];
}

const CAMERA = /^(\d+) : (\S+) \[(\d+)x(\d+)/;
const FORMAT = /'[A-Z]+(\d+)(_\w+)?'/;
const MODE = /(\d+)x(\d+) \[([\d.]+) fps - \(\d+, \d+\)\/(\d+)x(\d+) crop\]/;

export function parseCameraList(text: string): ListedCamera[] {
  const cameras: ListedCamera[] = [];
  let format = { bits: 10, packed: true };
  for (const line of text.split("\n")) {
    const camera = CAMERA.exec(line);
    if (camera) {
      const [index, , width, height] = camera.slice(1).map(Number);
      cameras.push({ index, model: camera[2], width, height, modes: [] });
      continue;
    }
    const named = FORMAT.exec(line);
    if (named) format = { bits: Number(named[1]), packed: named[2] !== undefined };
    const mode = MODE.exec(line);
    if (!mode) continue;
    const [width, height, fps, cropWidth, cropHeight] = mode.slice(1).map(Number);
    const crop = { width: cropWidth, height: cropHeight };
    cameras.at(-1)?.modes.push({ width, height, fps, crop, ...format });
  }
  return cameras;
}

/**
 * How much of the sensor a mode must cover to count as the whole view. Left to itself a Pi camera takes
 * a cropped 16:9 mode, and the picture looks zoomed in (rpicam-apps#511).
 */
const FULL = 0.98;

/**
 * The smallest mode with the whole view, at least as large and as fast as the picture wanted, as
 * `--mode` takes it; undefined where there is none and the camera may choose.
 */
export function fullViewMode(
  camera: ListedCamera,
  wanted: Pick<Picture, "width" | "height" | "fps">,
): string | undefined {
  const best = camera.modes
    .filter((mode) =>
      mode.crop.width >= FULL * camera.width && mode.crop.height >= FULL * camera.height &&
      mode.width >= wanted.width && mode.height >= wanted.height && mode.fps >= wanted.fps
    )
    .sort((a, b) => a.width * a.height - b.width * b.height || b.bits - a.bits)[0];
  return best && `${best.width}:${best.height}:${best.bits}:${best.packed ? "P" : "U"}`;
}

/**
 * Ms between pictures from which each gets a process of its own, which rests the camera in between;
 * below, one process takes them on a timer.
 */
const SHOT_FROM_MS = 15_000;

/** Ms the camera looks before it shoots, to find exposure and white balance. */
const LOOK_MS = "1500";

/** Ms after which a shot counts as hung, on top of what its shutter takes. */
const SHOT_DEADLINE_MS = 30_000;

/** The thumbnail would be a second JPEG inside each JPEG. */
const NO_THUMBNAIL = ["--thumb", "none"];

/**
 * The command line. A `stream` is one long-lived program that writes MJPEG to stdout; nothing else gives
 * a whole frame the moment it is taken. A `timer` takes stills: `stdbuf -o0`, because rpicam-still never
 * flushes, and each picture's last bytes would stay in its buffer until the next one pushes them out.
 * A `shot` is one still. Plain numbers only: Bullseye knows no units.
 */
export function rpicamCommand(
  how: "stream" | "timer" | "shot",
  program: string,
  { picture, controls, mode, extraArgs }: RpicamOptions,
): string[] {
  const { fps, quality, width, height, shutter, gain } = picture;
  const interval = String(Math.round(1000 / fps));
  const start = {
    stream: [program, "-n", "-t", "0", "--codec", "mjpeg", "--flush", "--framerate", String(fps)],
    timer: [
      "stdbuf",
      "-o0",
      program,
      "-n",
      "-t",
      "0",
      "--timelapse",
      interval,
      "--zsl",
      ...NO_THUMBNAIL,
    ],
    shot: [program, "-n", "-t", LOOK_MS, ...NO_THUMBNAIL],
  };
  const set = { "--width": width, "--height": height, "--shutter": shutter, "--gain": gain };
  const args = Object.entries({ "-q": quality, ...set, "--mode": mode })
    .flatMap(([name, value]) => value === undefined ? [] : [name, String(value)]);
  return [...start[how], ...args, ...controls, ...extraArgs, "-o", "-"];
}

/** `vid` gives a stream, `still` single pictures. */
export function createRpicam(deps: RpicamDeps, kind: Kind, options: RpicamOptions): FrameSource {
  const { picture, extraArgs } = options;
  const interval = 1000 / picture.fps;
  const how = kind === "vid" ? "stream" : interval < SHOT_FROM_MS ? "timer" : "shot";
  const pace = kind === "vid"
    ? `at ${picture.fps} fps`
    : `every ${Math.round(interval / 100) / 10} s`;
  let known: { readonly program: string; readonly chosen: RpicamOptions } | undefined;

  /** The program, and the mode that shows the whole view where the settings name none. */
  async function choose(signal: AbortSignal) {
    const list = await listCameras(deps.spawn, kind, signal);
    if (!list) {
      throw new SourceError(
        "configuration",
        `neither rpicam-${kind} nor libcamera-${kind} is installed: sudo apt install rpicam-apps-lite`,
      );
    }
    const camera = list.cameras.find((one) => one.index === (options.camera ?? 0));
    const mode = options.mode ?? (camera && fullViewMode(camera, picture));
    const choice = { program: list.program, chosen: { ...options, mode } };
    // Where no camera is listed the program itself knows best why.
    if (camera) known = choice;
    return choice;
  }

  return {
    name: `rpicam-${kind} ${picture.width}x${picture.height} ${pace}`,
    neverRepeats: true,
    async run(signal, onBytes) {
      const { program, chosen } = known ?? await choose(signal);
      if (signal.aborted) return;
      const command = rpicamCommand(how, program, chosen);
      if (how !== "shot") {
        const stderr = await runRpicam(deps, command, extraArgs, signal, onBytes);
        if (!signal.aborted) throw endedByItself(program, stderr);
        return;
      }
      const deadline = SHOT_DEADLINE_MS + 10 * (picture.shutter ?? 0) / 1000;
      const hangs = `no picture within ${deadline / 1000} s: ${program} hangs`;
      for (const next = pacer(deps.clock); !signal.aborted; await next(interval, signal)) {
        await within(deps.clock, deadline, signal, async (shot) => {
          await runRpicam(deps, command, extraArgs, shot, onBytes);
          if (shot.aborted && !signal.aborted) throw new SourceError("hardware", hangs);
        });
      }
    },
  };
}
