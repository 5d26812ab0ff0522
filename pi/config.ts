// The camera's settings: environment and flags in, frozen values or one line per problem out.

import { z } from "zod";
import { shownAddress } from "../shared/addresses.ts";
import { CAM_PATTERN, DEFAULT_CAM } from "../shared/frame.ts";
import {
  booleanSetting,
  integerSetting,
  numberSetting,
  type Parsed,
  parseSettings,
} from "../shared/settings.ts";
import { ignoredSettings } from "./source/ignored.ts";
import {
  argsSetting,
  choiceSetting,
  textSetting,
  type TimeRange,
  timeRangeSetting,
  urlSetting,
} from "./setting_types.ts";

/** Ways to get pictures. */
export type SourceKind =
  | "auto"
  | "rpicam-vid"
  | "rpicam-still"
  | "ffmpeg"
  | "v4l2-ctl"
  | "http"
  | "pattern";

const TOKEN_WANTED =
  "at least 16 characters without blanks (a to z, digits, signs), the same as in the edge's " +
  "PERCH_PUBLISH_TOKENS";

/** What a header can carry. */
const TOKEN_PATTERN = /^[!-~\u00a1-\u00ff]{16,}$/;

// deno-fmt-ignore
const settings = z.object({
  PERCH_URL: urlSetting().describe("the edge's address; required"),
  PERCH_TOKEN: textSetting(TOKEN_PATTERN, TOKEN_WANTED).describe("what this camera publishes with; required; better in .env than as a flag"),
  PERCH_TOKEN_FILE: z.string().optional().describe("file that holds the token, in place of PERCH_TOKEN"),
  PERCH_CAM: textSetting(CAM_PATTERN, "lower-case letters, digits and dashes, at most 32").default(DEFAULT_CAM).describe("this camera's id on the edge"),
  PERCH_SOURCE: choiceSetting<SourceKind>(["auto", "rpicam-vid", "rpicam-still", "ffmpeg", "v4l2-ctl", "http", "pattern"]).default("auto").describe("what takes pictures: auto, rpicam-vid, rpicam-still, ffmpeg, v4l2-ctl, http, pattern"),
  PERCH_INPUT: z.string().optional().describe("device, file, rtsp:// or http:// address (better in .env: it may hold a password), or lavfi:testsrc2"),
  PERCH_FPS: numberSetting(0.001, 60, "frames a second").default(5).describe("frames a second the camera takes"),
  PERCH_WIDTH: evenSetting(64, 8192).default(1280).describe("pixels across"),
  PERCH_HEIGHT: evenSetting(64, 8192).default(720).describe("pixels down"),
  PERCH_QUALITY: integerSetting(1, 100, "JPEG quality").default(60).describe("JPEG quality"),
  PERCH_HFLIP: booleanSetting().default(false).describe("mirror left and right"),
  PERCH_VFLIP: booleanSetting().default(false).describe("mirror top and bottom"),
  PERCH_ROTATION: choiceSetting(["0", "180"]).optional().describe("turn the picture: 0 or 180"),
  PERCH_CAMERA: integerSetting(0, 9, "cameras").optional().describe("which camera, where a Pi has several"),
  PERCH_MODE: textSetting(/^\d+:\d+(:\d+(:[PU])?)?$/, "W:H, W:H:bits or W:H:bits:P").optional().describe("sensor mode; unset = the smallest with the full field of view"),
  PERCH_BRIGHTNESS: numberSetting(-1, 1, "brightness").optional().describe("-1 to 1"),
  PERCH_CONTRAST: numberSetting(0, 15.99, "contrast").optional().describe("1 is normal"),
  PERCH_SATURATION: numberSetting(0, 15.99, "saturation").optional().describe("1 is normal, 0 is grey"),
  PERCH_SHARPNESS: numberSetting(0, 15.99, "sharpness").optional().describe("1 is normal"),
  PERCH_EXPOSURE: choiceSetting(["normal", "sport", "long"]).optional().describe("how the camera trades shutter for gain: normal, sport, long"),
  PERCH_EV: numberSetting(-8, 8, "stops").optional().describe("brighter or darker than the camera would choose"),
  PERCH_METERING: choiceSetting(["centre", "spot", "average", "matrix"]).optional().describe("what the exposure goes by: centre, spot, average, matrix"),
  PERCH_AWB: choiceSetting(["auto", "normal", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"]).optional().describe("white balance: auto, daylight, cloudy, tungsten, fluorescent, indoor, incandescent"),
  PERCH_SHUTTER: integerSetting(1, 600_000_000, "microseconds").optional().describe("fixed shutter time, in microseconds"),
  PERCH_GAIN: numberSetting(1, 64, "gain").optional().describe("fixed gain"),
  PERCH_FLICKER_US: integerSetting(0, 100_000, "microseconds").optional().describe("period of lamps that flicker: 10000 at 50 Hz, 8333 at 60 Hz"),
  PERCH_DENOISE: choiceSetting(["auto", "off", "cdn_off", "cdn_fast", "cdn_hq"]).optional().describe("noise reduction: auto, off, cdn_off (spares a Zero 2 W), cdn_fast, cdn_hq"),
  PERCH_HDR: choiceSetting(["off", "auto", "sensor", "single-exp"]).optional().describe("high dynamic range: off, auto, sensor, single-exp"),
  PERCH_AUTOFOCUS: choiceSetting(["default", "manual", "auto", "continuous"]).optional().describe("autofocus: default, auto, continuous, or manual for a view that never changes"),
  PERCH_LENS_POSITION: numberSetting(0, 32, "dioptres").optional().describe("focus by hand, 1 / metres: 0 is far away"),
  PERCH_NIGHT: timeRangeSetting().optional().describe("hours in which the night settings hold, for instance 21:30-06:00"),
  PERCH_NIGHT_SHUTTER: integerSetting(1, 600_000_000, "microseconds").default(500_000).describe("shutter time at night, in microseconds"),
  PERCH_NIGHT_GAIN: numberSetting(1, 64, "gain").default(8).describe("gain at night"),
  PERCH_NIGHT_FPS: numberSetting(0.001, 60, "frames a second").default(1).describe("frames a second at night"),
  PERCH_EXTRA_ARGS: argsSetting().default([]).describe("further arguments for the camera program"),
  PERCH_STALL_S: numberSetting(1, 3600, "seconds").optional().describe("seconds without a picture until the camera is restarted; unset = at least 5, by the rate; network 15"),
  PERCH_TRANSPORT: choiceSetting(["put", "ws"]).default("put").describe("put: a request per picture; ws: one WebSocket"),
  PERCH_IDLE_CAMERA: choiceSetting(["keep", "stop"]).default("keep").describe("while nobody watches: keep the camera running, or stop it between pictures"),
  PERCH_LOG: choiceSetting(["text", "json"]).default("text").describe("how log lines are written: text or json"),
});

function evenSetting(min: number, max: number) {
  const wanted = `an even number of pixels from ${min} to ${max}`;
  return integerSetting(min, max, "pixels").refine((value) => value % 2 === 0, { error: wanted });
}

/** One setting, for `--help`. */
export interface SettingHelp {
  /** The name in the environment. */
  readonly name: string;
  readonly help: string;
  /** As text; undefined where there is none. */
  readonly fallback?: string;
}

/** Every setting, in the order in which people meet them. */
export const SETTING_HELP: readonly SettingHelp[] = Object.entries(settings.shape).map(
  ([name, schema]) => ({
    name,
    help: schema.description ?? "",
    fallback: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : undefined,
  }),
);

/** How the picture is to look. Times are microseconds, undefined leaves it to the camera. */
export interface Picture {
  readonly fps: number;
  readonly width: number;
  readonly height: number;
  /** From 1 to 100. */
  readonly quality: number;
  readonly shutter?: number;
  readonly gain?: number;
}

/** The camera's settings, checked. */
export interface Config {
  /** The edge's address without a slash at its end. */
  readonly url: string;
  readonly token: string;
  readonly cam: string;
  readonly source: SourceKind;
  readonly input?: string;
  /** By day. */
  readonly picture: Picture;
  readonly night?: { readonly hours: TimeRange; readonly picture: Picture };
  /** Arguments for the rpicam programs that hold day and night. */
  readonly controls: readonly string[];
  readonly camera?: number;
  readonly mode?: string;
  /** For sources that are no rpicam. */
  readonly hflip: boolean;
  readonly vflip: boolean;
  readonly extraArgs: readonly string[];
  readonly stallMs?: number;
  readonly transport: "put" | "ws";
  readonly idleCamera: "keep" | "stop";
  readonly log: "text" | "json";
  /** The names of the settings that ask for something. */
  readonly given: readonly string[];
}

/** Reads the camera's settings. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Parsed<Config> {
  const parsed = parseSettings(settings, env);
  if (!parsed.ok) return parsed;
  const set = parsed.config;
  const problem = inputProblem(set.PERCH_SOURCE, set.PERCH_INPUT);
  if (problem) return { ok: false, problems: [problem] };
  const picture: Picture = {
    fps: set.PERCH_FPS,
    width: set.PERCH_WIDTH,
    height: set.PERCH_HEIGHT,
    quality: set.PERCH_QUALITY,
    shutter: set.PERCH_SHUTTER,
    gain: set.PERCH_GAIN,
  };
  return {
    ok: true,
    config: Object.freeze({
      url: set.PERCH_URL,
      token: set.PERCH_TOKEN,
      cam: set.PERCH_CAM,
      source: set.PERCH_SOURCE,
      input: set.PERCH_INPUT,
      picture,
      night: set.PERCH_NIGHT && {
        hours: set.PERCH_NIGHT,
        picture: {
          ...picture,
          fps: set.PERCH_NIGHT_FPS,
          shutter: set.PERCH_NIGHT_SHUTTER,
          gain: set.PERCH_NIGHT_GAIN,
        },
      },
      controls: controlArgs(set),
      camera: set.PERCH_CAMERA,
      mode: set.PERCH_MODE,
      hflip: set.PERCH_HFLIP !== (set.PERCH_ROTATION === "180"),
      vflip: set.PERCH_VFLIP !== (set.PERCH_ROTATION === "180"),
      extraArgs: set.PERCH_EXTRA_ARGS,
      stallMs: set.PERCH_STALL_S && set.PERCH_STALL_S * 1000,
      transport: set.PERCH_TRANSPORT,
      idleCamera: set.PERCH_IDLE_CAMERA,
      log: set.PERCH_LOG,
      given: Object.entries(set).filter(([name, value]) => env[name]?.trim() && value !== false)
        .map(([name]) => name),
    }),
  };
}

/** Something in the settings that works, but should not stay. */
export interface ConfigWarning {
  readonly found: string;
  readonly fix: string;
}

/** What in the settings works, but should not stay. */
export function configWarnings(config: Config): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const { protocol, hostname } = new URL(config.url);
  if (protocol !== "https:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    warnings.push({
      found: `PERCH_URL is ${shownAddress(config.url)}: anybody on the way can read the token`,
      fix: "set up https on the edge, and PERCH_URL=https://…",
    });
  }
  const found = ignoredSettings(config.source, config.given);
  if (found) {
    warnings.push({ found, fix: "take it out; the camera itself may have such a setting" });
  }
  return warnings;
}

function inputProblem(source: SourceKind, input: string | undefined): string | undefined {
  const wanted = INPUT_WANTED[source];
  if (!wanted) return undefined;
  const fits = input !== undefined && wanted.pattern.test(input);
  if (fits && (!CAMERA_ADDRESS.test(input) || URL.canParse(input))) return undefined;
  const got = input === undefined ? "nothing" : JSON.stringify(shownAddress(input));
  const text = fits ? READABLE : `${wanted.text} for PERCH_SOURCE=${source}`;
  return `PERCH_INPUT: got ${got}, wanted ${text}`;
}

/** Addresses that often carry a password, and must be read here as the camera's program reads them. */
const CAMERA_ADDRESS = /^(?:https?|rtsps?):\/\//i;

const READABLE =
  "an address that can be read: in user and password % is written as %25, / as %2F, ? as %3F, " +
  "# as %23 and @ as %40";

const INPUT_WANTED: Partial<Record<SourceKind, { pattern: RegExp; text: string }>> = {
  "ffmpeg": { pattern: /./, text: "a device, a file, an rtsp:// address or lavfi:…" },
  "v4l2-ctl": { pattern: /^\/dev\//, text: "a device such as /dev/v4l/by-id/usb-…" },
  "http": { pattern: /^https?:\/\//i, text: "an http:// or https:// address" },
};

/** Settings that are an option of the rpicam programs as they stand. */
const CONTROL_OPTIONS: Readonly<Record<string, string>> = {
  PERCH_ROTATION: "--rotation",
  PERCH_CAMERA: "--camera",
  PERCH_BRIGHTNESS: "--brightness",
  PERCH_CONTRAST: "--contrast",
  PERCH_SATURATION: "--saturation",
  PERCH_SHARPNESS: "--sharpness",
  PERCH_EXPOSURE: "--exposure",
  PERCH_EV: "--ev",
  PERCH_METERING: "--metering",
  PERCH_AWB: "--awb",
  PERCH_DENOISE: "--denoise",
  PERCH_HDR: "--hdr",
  PERCH_AUTOFOCUS: "--autofocus-mode",
  PERCH_LENS_POSITION: "--lens-position",
};

function controlArgs(set: Readonly<Record<string, unknown>>): string[] {
  const args: string[] = [];
  if (set.PERCH_HFLIP) args.push("--hflip");
  if (set.PERCH_VFLIP) args.push("--vflip");
  for (const [name, option] of Object.entries(CONTROL_OPTIONS)) {
    if (set[name] !== undefined) args.push(option, String(set[name]));
  }
  // `us` is understood by every version that has the option at all.
  if (set.PERCH_FLICKER_US) args.push("--flicker-period", `${set.PERCH_FLICKER_US}us`);
  return args;
}
