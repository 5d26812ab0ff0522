// What the rpicam programs share: their two names, their list of cameras, options that older builds
// do not know.

import type { Log } from "../../shared/log.ts";
import type { Picture } from "../config.ts";
import { outputOf } from "../output.ts";
import type { Spawn } from "../process.ts";
import { fullViewMode, type ListedCamera, parseCameraList } from "./camera_list.ts";
import { runCommand } from "./command.ts";
import { unknownOption } from "./explain.ts";
import { SourceError } from "./source.ts";

/** What a source needs from outside. */
export interface RpicamDeps {
  readonly spawn: Spawn;
  readonly log: Log;
}

/** How the camera is to be used. */
export interface RpicamOptions {
  readonly picture: Picture;
  /** Options that hold day and night. */
  readonly controls: readonly string[];
  /** Which camera, where there are several. */
  readonly camera?: number;
  /** Sensor mode, `W:H:bits:P`. */
  readonly mode?: string;
  readonly extraArgs: readonly string[];
}

/** The programs' families, newest name first: Bullseye knows only the second. */
const FAMILIES = ["rpicam", "libcamera"] as const;

/** The cameras a Pi knows, and the program that told. */
export interface CameraList {
  readonly program: string;
  readonly cameras: readonly ListedCamera[];
  /** What it had to say besides. */
  readonly stderr: readonly string[];
}

/**
 * Asks for the cameras. It opens each of them, so never while one is running.
 *
 * @returns Undefined where the Pi has none of the programs.
 */
export async function listCameras(
  spawn: Spawn,
  kind: "vid" | "still",
  signal: AbortSignal,
): Promise<CameraList | undefined> {
  for (const family of FAMILIES) {
    const program = `${family}-${kind}`;
    const output = await outputOf(spawn, [program, "--list-cameras"], signal);
    if (output) return { program, cameras: parseCameraList(output.stdout), stderr: output.stderr };
  }
}

/** The program to run and the sensor mode to run it in. */
export interface RpicamChoice {
  readonly program: string;
  readonly mode?: string;
}

/**
 * A function that looks once for the program, and for the mode that shows the whole view where the
 * settings name none. It looks again until there is a camera.
 */
export function rpicamChooser(
  spawn: Spawn,
  kind: "vid" | "still",
  options: RpicamOptions,
): (signal: AbortSignal) => Promise<RpicamChoice> {
  let known: RpicamChoice | undefined;
  return async (signal) => {
    if (known) return known;
    const list = await listCameras(spawn, kind, signal);
    if (!list) {
      throw new SourceError(
        "configuration",
        `neither rpicam-${kind} nor libcamera-${kind} is installed: sudo apt install rpicam-apps-lite`,
      );
    }
    const camera = list.cameras.find((one) => one.index === (options.camera ?? 0));
    const mode = options.mode ?? (camera && fullViewMode(camera, options.picture));
    const choice = { program: list.program, mode };
    // Where no camera is listed the program itself knows best why.
    if (camera) known = choice;
    return choice;
  };
}

/** Options for a fixed exposure. */
export function exposureArgs(picture: Picture): string[] {
  return [
    ...(picture.shutter === undefined ? [] : ["--shutter", String(picture.shutter)]),
    ...(picture.gain === undefined ? [] : ["--gain", String(picture.gain)]),
  ];
}

/**
 * Runs a camera program, once more for each option that this build of it does not know, without it.
 * Options the person gave in `PERCH_EXTRA_ARGS` are never left out.
 *
 * @throws {SourceError} As {@link runCommand}.
 */
export async function runRpicam(
  { spawn, log }: RpicamDeps,
  command: readonly string[],
  extraArgs: readonly string[],
  signal: AbortSignal,
  onBytes: (chunk: Uint8Array) => void,
): Promise<readonly string[]> {
  let rest = [...command];
  for (;;) {
    try {
      return await runCommand(spawn, rest, signal, onBytes);
    } catch (error) {
      const option = error instanceof SourceError ? unknownOption(error.detail) : undefined;
      if (!option || signal.aborted || extraArgs.includes(option)) throw error;
      const shorter = withoutOption(rest, option);
      if (shorter.length === rest.length) throw error;
      log.warn(`${command[0]} does not know ${option}: going on without it`);
      rest = shorter;
    }
  }
}

/** `command` without `option` and, where it has one, its value. */
export function withoutOption(command: readonly string[], option: string): string[] {
  const at = command.indexOf(option);
  if (at < 0) return [...command];
  const next = command[at + 1];
  return command.toSpliced(at, next !== undefined && !/^--?[a-z]/i.test(next) ? 2 : 1);
}
