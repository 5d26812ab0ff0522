// The camera's settings: environment and flags in, frozen values or one line per problem out.

import { z } from "zod";
import { shownAddress } from "../shared/addresses.ts";
import { CAM_PATTERN, DEFAULT_CAM } from "../shared/frame.ts";
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  nameSetting,
  numberSetting,
  type Parsed,
  parseSettings,
  type Setting,
  setting,
  type SettingWarning,
  withSlips,
} from "../shared/settings.ts";

const SOURCES = [
  "auto",
  "rpicam-vid",
  "rpicam-still",
  "ffmpeg",
  "v4l2-ctl",
  "http",
  "pattern",
] as const;

export type SourceKind = typeof SOURCES[number];

const RPICAM: readonly SourceKind[] = ["auto", "rpicam-vid", "rpicam-still"];

/**
 * What is told of a setting that only the Pi's own camera has.
 *
 * @param option Its option of the rpicam programs, where they take the value as it is.
 * @param heading Whom it and those behind it are for.
 */
function sensor(description: string, option?: string, heading?: string) {
  return { description, option, heading, sources: RPICAM };
}

/** Its `option`, and the sources that go by it: all, where none is named. */
function toldOf(type: z.ZodType) {
  return z.globalRegistry.get(type) as { option?: string; sources?: readonly SourceKind[] };
}

/** Every setting of the camera agent, in the order in which people meet them. */
// deno-fmt-ignore
export const cameraSettings = z.object({
  PERCH_URL: urlSetting().meta({ description: "the edge's address; required", heading: "Where to" }),
  PERCH_TOKEN: tokenSetting().describe("what this camera publishes with; required; better in .env than as a flag"),
  PERCH_TOKEN_FILE: z.string().optional().describe("file that holds the token, in place of PERCH_TOKEN"),
  PERCH_CAM: textSetting(CAM_PATTERN, "lower-case letters, digits and dashes, at most 32").default(DEFAULT_CAM).describe("this camera's id on the edge"),
  PERCH_NAME: nameSetting(60).optional().describe("what people call this camera, in any language; unset = its id"),

  PERCH_SOURCE: choiceSetting(SOURCES).default("auto").meta({ description: "what takes pictures", heading: "What from" }),
  PERCH_INPUT: z.string().optional().meta({ description: "device, file, rtsp:// or http:// address (better in .env: it may hold a password), or lavfi:testsrc2", sources: ["ffmpeg", "v4l2-ctl", "http", "pattern"] }),

  PERCH_FPS: numberSetting(0.001, 60, "frames a second").default(5).meta({ description: "frames a second the camera takes", heading: "The picture" }),
  PERCH_WIDTH: evenSetting(64, 8192).default(1280).meta({ description: "pixels across", sources: [...RPICAM, "ffmpeg", "v4l2-ctl", "pattern"] }),
  PERCH_HEIGHT: evenSetting(64, 8192).default(720).meta({ description: "pixels down", sources: [...RPICAM, "ffmpeg", "v4l2-ctl", "pattern"] }),
  PERCH_QUALITY: integerSetting(1, 100, "JPEG quality").default(60).meta({ description: "JPEG quality", sources: [...RPICAM, "ffmpeg", "pattern"] }),
  PERCH_HFLIP: booleanSetting().default(false).meta({ description: "mirror left and right", option: "--hflip", sources: [...RPICAM, "ffmpeg"] }),
  PERCH_VFLIP: booleanSetting().default(false).meta({ description: "mirror top and bottom", option: "--vflip", sources: [...RPICAM, "ffmpeg"] }),
  PERCH_ROTATION: choiceSetting(["0", "180"]).optional().meta({ description: "turn the picture, in degrees", option: "--rotation", sources: [...RPICAM, "ffmpeg"] }),
  PERCH_CAMERA: integerSetting(0, 9, "cameras").optional().meta(sensor("which camera, where a Pi has several", "--camera")),
  PERCH_MODE: textSetting(/^\d+:\d+(:\d+(:[PU])?)?$/, "W:H, W:H:bits or W:H:bits:P").optional().meta(sensor("sensor mode; unset = the smallest with the full field of view")),

  PERCH_BRIGHTNESS: numberSetting(-1, 1, "brightness").optional().meta(sensor("-1 to 1", "--brightness", "Light and colour; unset leaves them to the camera")),
  PERCH_CONTRAST: numberSetting(0, 15.99, "contrast").optional().meta(sensor("1 is normal", "--contrast")),
  PERCH_SATURATION: numberSetting(0, 15.99, "saturation").optional().meta(sensor("1 is normal, 0 is grey", "--saturation")),
  PERCH_SHARPNESS: numberSetting(0, 15.99, "sharpness").optional().meta(sensor("1 is normal", "--sharpness")),
  PERCH_EXPOSURE: choiceSetting(["normal", "sport", "long"]).optional().meta(sensor("how the camera trades shutter for gain", "--exposure")),
  PERCH_EV: numberSetting(-8, 8, "stops").optional().meta(sensor("brighter or darker than the camera would choose", "--ev")),
  PERCH_METERING: choiceSetting(["centre", "spot", "average", "matrix"]).optional().meta(sensor("what the exposure goes by", "--metering")),
  PERCH_AWB: choiceSetting(["auto", "normal", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"]).optional().meta(sensor("white balance", "--awb")),
  PERCH_SHUTTER: integerSetting(1, 600_000_000, "microseconds").optional().meta(sensor("fixed shutter time, in microseconds")),
  PERCH_GAIN: numberSetting(1, 64, "gain").optional().meta(sensor("fixed gain")),
  PERCH_FLICKER_US: flickerSetting().optional().meta(sensor("period of lamps that flicker: 10000 at 50 Hz, 8333 at 60 Hz", "--flicker-period")),
  PERCH_DENOISE: choiceSetting(["auto", "off", "cdn_off", "cdn_fast", "cdn_hq"]).optional().meta(sensor("noise reduction; cdn_off spares a Zero 2 W", "--denoise")),
  PERCH_HDR: choiceSetting(["off", "auto", "sensor", "single-exp"]).optional().meta(sensor("high dynamic range", "--hdr")),

  PERCH_AUTOFOCUS: choiceSetting(["default", "auto", "continuous", "manual"]).optional().meta(sensor("autofocus; manual for a view that never changes", "--autofocus-mode", "Focus")),
  PERCH_LENS_POSITION: numberSetting(0, 32, "dioptres").optional().meta(sensor("focus by hand, 1 / metres: 0 is far away", "--lens-position")),

  PERCH_NIGHT: timeRangeSetting().optional().meta({ description: "hours in which the night settings hold, for instance 21:30-06:00", heading: "Night" }),
  PERCH_NIGHT_SHUTTER: integerSetting(1, 600_000_000, "microseconds").default(500_000).meta(sensor("shutter time at night, in microseconds")),
  PERCH_NIGHT_GAIN: numberSetting(1, 64, "gain").default(8).meta(sensor("gain at night")),
  PERCH_NIGHT_FPS: numberSetting(0.001, 60, "frames a second").default(1).describe("frames a second at night"),

  PERCH_EXTRA_ARGS: argsSetting().default([]).meta({ description: "further arguments for the camera program", heading: "How it runs", sources: [...RPICAM, "ffmpeg", "v4l2-ctl"] }),
  PERCH_STALL_S: numberSetting(1, 3600, "seconds").optional().describe("seconds without a picture until the camera is restarted; unset = at least 5, by the rate; network 15"),
  PERCH_TRANSPORT: choiceSetting(["auto", "put", "ws"]).default("auto").describe("a request per picture, one WebSocket, or what the edge asks for"),
  PERCH_IDLE_CAMERA: choiceSetting(["keep", "stop"]).default("keep").describe("while nobody watches, keep the camera running or stop it between pictures"),
  PERCH_LOG: choiceSetting(["text", "json"]).default("text").describe("how log lines are written"),
});

/** A part of each day, local time. */
export interface TimeRange {
  /** Minutes after midnight. */
  readonly from: number;
  /** Minutes after midnight; before `from` where the range spans midnight. */
  readonly to: number;
}

/** How the picture is to look. Times are microseconds, undefined leaves it to the camera. */
export interface Picture {
  readonly fps: number;
  readonly width: number;
  readonly height: number;
  readonly quality: number;
  readonly shutter?: number;
  readonly gain?: number;
}

export type Config = Readonly<ReturnType<typeof configOf>>;

export type Env = Readonly<Record<string, string | undefined>>;

export function parseConfig(env: Env): Parsed<Config> {
  const parsed = parseSettings(cameraSettings, env);
  if (!parsed.ok) return parsed;
  const set = parsed.config;
  const problem = inputProblem(set.PERCH_SOURCE, set.PERCH_INPUT);
  if (problem) return { ok: false, problems: withSlips([problem], parsed.warnings) };
  const config = configOf(set, env);
  const warnings = [...parsed.warnings, ...warningsOf(config)];
  return { ok: true, config: Object.freeze(config), warnings };
}

/** The settings as the agent names them, times in ms. */
function configOf(set: z.output<typeof cameraSettings>, env: Env) {
  const picture: Picture = {
    fps: set.PERCH_FPS,
    width: set.PERCH_WIDTH,
    height: set.PERCH_HEIGHT,
    quality: set.PERCH_QUALITY,
    shutter: set.PERCH_SHUTTER,
    gain: set.PERCH_GAIN,
  };
  const [fps, shutter, gain] = [set.PERCH_NIGHT_FPS, set.PERCH_NIGHT_SHUTTER, set.PERCH_NIGHT_GAIN];
  const upsideDown = set.PERCH_ROTATION === "180";
  return {
    url: set.PERCH_URL,
    token: set.PERCH_TOKEN,
    cam: set.PERCH_CAM,
    name: set.PERCH_NAME,
    source: set.PERCH_SOURCE,
    input: set.PERCH_INPUT,
    /** By day. */
    picture,
    night: set.PERCH_NIGHT &&
      { hours: set.PERCH_NIGHT, picture: { ...picture, fps, shutter, gain } },
    /** Arguments for the rpicam programs that hold day and night. */
    controls: controlArgs(set),
    camera: set.PERCH_CAMERA,
    mode: set.PERCH_MODE,
    /** For sources that are no rpicam. */
    hflip: set.PERCH_HFLIP !== upsideDown,
    vflip: set.PERCH_VFLIP !== upsideDown,
    extraArgs: set.PERCH_EXTRA_ARGS,
    stallMs: set.PERCH_STALL_S && set.PERCH_STALL_S * 1000,
    transport: set.PERCH_TRANSPORT,
    idleCamera: set.PERCH_IDLE_CAMERA,
    log: set.PERCH_LOG,
    /** The names of the settings that ask for something. */
    given: Object.entries(set).filter(([name, value]) => env[name]?.trim() && value !== false)
      .map(([name]) => name),
  };
}

/** Whether the camera is an address: it may be slow, and nothing here tells whether it is there. */
export function isOnNetwork({ source, input = "" }: Config): boolean {
  return source === "http" || (source === "ffmpeg" && input.includes("://"));
}

/** Seconds between pictures from which on an edge with its defaults would miss them (PERCH_STALE_S). */
const RARE_S = 25;

/** What in the settings works, but should not stay. */
function warningsOf(config: Config): SettingWarning[] {
  const warnings: SettingWarning[] = [];
  const { protocol, hostname } = new URL(config.url);
  if (protocol !== "https:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    warnings.push({
      found: `PERCH_URL is ${shownAddress(config.url)}: anybody on the way can read the token`,
      fix: "set up https on the edge, and PERCH_URL=https://…",
    });
  }
  const slowest = Math.min(config.picture.fps, config.night?.picture.fps ?? Infinity);
  const seconds = Math.ceil(1 / slowest);
  if (seconds > RARE_S) {
    warnings.push({
      found:
        `${slowest} frames a second is one in ${seconds} s: the edge would call that no signal`,
      fix: `set PERCH_STALE_S=${Math.max(60, 3 * seconds)} on the edge`,
    });
  }
  const found = ignoredSettings(config.source, config.given);
  const fix = "take it out; the camera itself may have such a setting";
  return found ? [...warnings, { found, fix }] : warnings;
}

function inputProblem(source: SourceKind, input: string | undefined): string | undefined {
  const wanted = INPUT_WANTED[source];
  if (!wanted || (source === "pattern" && input === undefined)) return undefined;
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
  "pattern": { pattern: /^(garden|harbour)$/, text: "garden or harbour" },
};

/** What the rpicam programs are told day and night. */
function controlArgs(set: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(cameraSettings.shape).flatMap(([name, type]) => {
    const { option } = toldOf(type);
    const value = set[name];
    if (!option || value === undefined || value === false) return [];
    return value === true ? [option] : [option, String(value)];
  });
}

/** One line about what of `given` is set in vain, so that nobody waits for what it promises. */
export function ignoredSettings(source: SourceKind, given: readonly string[]): string | undefined {
  const ignored = Object.entries(cameraSettings.shape)
    .filter(([, type]) => toldOf(type).sources?.includes(source) === false)
    .map(([name]) => name).filter((name) => given.includes(name));
  if (ignored.length === 0) return undefined;
  return `${ignored.join(", ")}: PERCH_SOURCE=${source} does nothing about that`;
}

function textSetting(pattern: RegExp, wanted: string): Setting<string> {
  return setting(wanted, (text) => pattern.test(text) ? text : undefined);
}

function tokenSetting(): Setting<string> {
  // What a header can carry.
  return textSetting(
    /^[!-~\u00a1-\u00ff]{16,}$/,
    "at least 16 characters without blanks (a to z, digits, signs), the same as in the edge's " +
      "PERCH_PUBLISH_TOKENS",
  );
}

function evenSetting(min: number, max: number): Setting<number> {
  const wanted = `an even number of pixels from ${min} to ${max}`;
  return integerSetting(min, max, "pixels").refine((value) => value % 2 === 0, { error: wanted });
}

/** `us` is understood by every version that has the option at all; 0 leaves it out. */
function flickerSetting() {
  return integerSetting(0, 100_000, "microseconds").transform((us) => us ? `${us}us` : undefined);
}

/** The edge's address, without a query and without a slash at its end. */
function urlSetting(): Setting<string> {
  const wanted = "the edge's address, for instance https://cam.example.org";
  return setting(wanted, (text) => {
    if (!URL.canParse(text)) return undefined;
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol) || url.search || url.hash) return undefined;
    if (url.username || url.password) return undefined;
    return url.href.replace(/\/+$/, "");
  });
}

/** Arguments as one would type them: blanks part them, quotes keep blanks. No shell sees them. */
function argsSetting(): Setting<readonly string[]> {
  return setting('arguments such as --ev 0.5 --info-text "two words"', (text) => {
    const word = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;
    // What is left is a quote that nothing ends.
    if (text.replace(word, "").trim()) return undefined;
    return (text.match(word) ?? [])
      .map((arg) => arg.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
  });
}

function timeRangeSetting(): Setting<TimeRange> {
  return setting("local times such as 21:30-06:00", (text) => {
    const match = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text);
    if (!match) return undefined;
    const [h1, m1, h2, m2] = match.slice(1).map(Number);
    if (Math.max(h1, h2) > 23 || Math.max(m1, m2) > 59) return undefined;
    const range = { from: h1 * 60 + m1, to: h2 * 60 + m2 };
    return range.from === range.to ? undefined : range;
  });
}
