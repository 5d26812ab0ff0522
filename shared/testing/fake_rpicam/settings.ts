// What the programs make of their option values: units, enumerations, and the errors behind them.

import type { Program } from "./options.ts";
import { OptionError, type Values } from "./parse.ts";

/** What one run of a program is asked to do. Times are ms, sizes pixels. */
export interface Settings {
  readonly program: Program;
  readonly camera: number;
  readonly verbose: number;
  readonly width: number;
  readonly height: number;
  /** 0 runs for ever. */
  readonly timeout: number;
  /** `-` for stdout, empty for nowhere. */
  readonly output: string;
  readonly preview: boolean;
  readonly flush: boolean;
  readonly framerate: number;
  readonly quality: number;
  readonly codec: string;
  /** Stop after this many frames; 0 for no such end. */
  readonly frames: number;
  readonly timelapse: number;
  readonly signal: boolean;
  readonly immediate: boolean;
  readonly zsl: boolean;
  /** Size of the picture inside EXIF; absent for none. */
  readonly thumb?: { readonly width: number; readonly height: number };
  readonly mode: string;
}

/** A value of an enumeration that the programs refuse, and how they say so. */
const ENUMERATIONS: readonly (readonly [string, string, string])[] = [
  ["hdr", "off single-exp sensor auto", "Invalid HDR option provided: "],
  ["metering", "centre spot average matrix custom", "Invalid metering mode: "],
  ["exposure", "normal sport short long custom", "Invalid exposure mode:"],
  ["denoise", "auto off cdn_off cdn_fast cdn_hq", "Invalid denoise mode "],
  ["autofocus-mode", "default manual auto continuous", "Invalid AfMode:"],
  ["autofocus-range", "normal macro full", "Invalid AfRange mode:"],
  ["autofocus-speed", "normal fast", "Invalid afSpeed mode:"],
  [
    "awb",
    "auto normal incandescent tungsten fluorescent indoor daylight cloudy custom",
    "Invalid AWB mode: ",
  ],
];

/** Checks the values in the order of the sources and turns them into settings. */
export function settingsOf(program: Program, values: Values): Settings {
  const lens = values.text("lens-position");
  if (lens && lens !== "default" && Number.isNaN(parseFloat(lens))) {
    throw new OptionError(`Invalid lens position: ${lens}`);
  }
  const timeout = milliseconds(values.text("timeout"));
  microseconds(values.text("shutter"));
  microseconds(values.text("flicker-period"));
  checkRotation(values.number("rotation"));
  for (const [name, allowed, message] of ENUMERATIONS) {
    const value = values.text(name);
    if (!allowed.split(" ").includes(value)) throw new OptionError(message + value);
  }
  if (!/^-?[\d.]+,-?[\d.]+/.test(values.text("awbgains"))) {
    throw new OptionError("Invalid AWB gains");
  }
  if (!/^(json|txt)$/i.test(values.text("metadata-format"))) {
    throw new OptionError(`unrecognised metadata format ${values.text("metadata-format")}`);
  }
  checkMode(values.text("mode"));
  checkMode(values.text("viewfinder-mode"));
  const framerate = values.number("framerate");
  const common = {
    program,
    camera: values.number("camera"),
    verbose: values.number("verbose"),
    timeout,
    output: values.text("output"),
    preview: !values.on("nopreview"),
    flush: values.on("flush"),
    framerate: framerate > 0 ? framerate : 30,
    quality: values.number("quality"),
    frames: values.number("frames"),
    mode: values.text("mode"),
    signal: values.on("signal") || values.on("keypress"),
    immediate: values.on("immediate"),
    zsl: values.on("zsl"),
  };
  const width = values.number("width");
  const height = values.number("height");
  if (program === "still") {
    const timelapse = milliseconds(values.text("timelapse"));
    const thumb = checkStill(values, common.signal, timelapse);
    return {
      ...common,
      codec: "mjpeg",
      width: width || 3280,
      height: height || 2464,
      timelapse,
      thumb,
    };
  }
  const codec = program === "vid" ? checkVideo(values) : "";
  // The ISP makes video of even sizes only and says "Stream configuration adjusted".
  const size = { width: (width || 640) & ~1, height: (height || 480) & ~1 };
  return { ...common, ...size, codec, timelapse: 0 };
}

function checkVideo(values: Values): string {
  const codec = values.text("codec").toLowerCase();
  if (!/^(h264|libav|yuv420|mjpeg)$/.test(codec)) {
    throw new OptionError(`unrecognised codec ${values.text("codec")}`);
  }
  if (!/^(pause|record)$/i.test(values.text("initial"))) {
    throw new OptionError(`incorrect initial value ${values.text("initial")}`);
  }
  if (!/^(off|server|client)$/i.test(values.text("sync"))) {
    throw new OptionError(`incorrect sync value ${values.text("sync")}`);
  }
  return codec;
}

function checkStill(values: Values, signal: boolean, timelapse: number): Settings["thumb"] {
  if (signal && timelapse) {
    throw new OptionError("keypress/signal and timelapse options are mutually exclusive");
  }
  const thumb = values.text("thumb");
  const size = /^(\d+):(\d+):(\d+)/.exec(thumb);
  const none = thumb.toLowerCase() === "none";
  if (!none && !size) throw new OptionError(`bad thumbnail parameters ${thumb}`);
  const encoding = values.text("encoding");
  if (!/^(jpg|yuv420|rgb|rgb24|rgb48|png|bmp)$/i.test(encoding)) {
    throw new OptionError(`invalid encoding format ${encoding}`);
  }
  return size && !none ? { width: Number(size[1]), height: Number(size[2]) } : undefined;
}

function checkRotation(degrees: number): void {
  if (degrees % 90 !== 0) throw new OptionError("illegal rotation value");
  if (degrees % 180 !== 0) throw new OptionError("transforms requiring transpose not supported");
}

function checkMode(text: string): void {
  if (text === "") return;
  const match = /^\s*\d+:\s*\d+(?::\s*\d+(?::(.))?)?/.exec(text);
  if (!match) throw new OptionError("Invalid mode");
  if (match[1] && !/[pu]/i.test(match[1])) {
    throw new OptionError("Packing indicator should be P or U");
  }
}

/** `5`, `5s`, `5sec`, `500ms`, `1min`: milliseconds where no unit is given. */
function milliseconds(text: string): number {
  return duration(text, 1);
}

function microseconds(text: string): number {
  return duration(text, 0.001);
}

function duration(text: string, plainUnit: number): number {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+))(.*)$/s.exec(text);
  if (!match) throw new OptionError("Invalid time string provided");
  return Number(match[1]) * (UNITS[match[2]] ?? plainUnit);
}

/** Ms of each unit; text behind the number that is none of them is ignored, as in the sources. */
const UNITS: Readonly<Record<string, number>> = {
  min: 60_000,
  sec: 1000,
  s: 1000,
  ms: 1,
  us: 0.001,
  ns: 0.000001,
};
