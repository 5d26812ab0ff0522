// What the programs make of their option values: units, enumerations, and the errors behind them.

import type { Program } from "./options.ts";
import { OptionError, type Values } from "./parse.ts";

/** What one run of a program is asked to do. Times are ms, sizes pixels. */
export type Settings = ReturnType<typeof settingsOf>;

const oneOf = (words: string) => new RegExp(`^(${words.replaceAll(" ", "|")})$`);
const TIME = /^\s*[+-]?(\d+\.?\d*|\.\d+)/;
const MODE = /^\s*\d+:\s*\d+/;
const PACKING = /^(?!\s*\d+:\s*\d+:\s*\d+:[^puPU])/;

/** What the programs refuse, in the order of the sources, and how they say so; `$` is the value. */
const REFUSED: readonly (readonly [name: string, wanted: RegExp, message: string])[] = [
  ["lens-position", /^default$|^\s*[+-]?\.?\d/, "Invalid lens position: $"],
  ["timeout", TIME, "Invalid time string provided"],
  ["timelapse", TIME, "Invalid time string provided"],
  ["shutter", TIME, "Invalid time string provided"],
  ["flicker-period", TIME, "Invalid time string provided"],
  ["rotation", /^[+-]?(0|90|180|270|360)$/, "illegal rotation value"],
  ["rotation", /^[+-]?(0|180|360)$/, "transforms requiring transpose not supported"],
  ["hdr", oneOf("off single-exp sensor auto"), "Invalid HDR option provided: $"],
  ["metering", oneOf("centre spot average matrix custom"), "Invalid metering mode: $"],
  ["exposure", oneOf("normal sport short long custom"), "Invalid exposure mode:$"],
  ["denoise", oneOf("auto off cdn_off cdn_fast cdn_hq"), "Invalid denoise mode $"],
  ["autofocus-mode", oneOf("default manual auto continuous"), "Invalid AfMode:$"],
  ["autofocus-range", oneOf("normal macro full"), "Invalid AfRange mode:$"],
  ["autofocus-speed", oneOf("normal fast"), "Invalid afSpeed mode:$"],
  [
    "awb",
    oneOf("auto normal incandescent tungsten fluorescent indoor daylight cloudy custom"),
    "Invalid AWB mode: $",
  ],
  ["awbgains", /^-?[\d.]+,-?[\d.]+/, "Invalid AWB gains"],
  ["metadata-format", /^(json|txt)$/i, "unrecognised metadata format $"],
  ["mode", MODE, "Invalid mode"],
  ["mode", PACKING, "Packing indicator should be P or U"],
  ["viewfinder-mode", MODE, "Invalid mode"],
  ["viewfinder-mode", PACKING, "Packing indicator should be P or U"],
  ["codec", /^(h264|libav|yuv420|mjpeg)$/i, "unrecognised codec $"],
  ["initial", /^(pause|record)$/i, "incorrect initial value $"],
  ["sync", /^(off|server|client)$/i, "incorrect sync value $"],
  ["thumb", /^none$|^\d+:\d+:\d+/i, "bad thumbnail parameters $"],
  ["encoding", /^(jpg|yuv420|rgb|rgb24|rgb48|png|bmp)$/i, "invalid encoding format $"],
];

export function settingsOf(program: Program, values: Values) {
  const signal = values.on("signal") || values.on("keypress");
  // Video has none.
  const timelapse = milliseconds(values.text("timelapse") || "0");
  if (signal && timelapse) {
    throw new OptionError("keypress/signal and timelapse options are mutually exclusive");
  }
  for (const [name, wanted, message] of REFUSED) {
    const value = values.text(name);
    if (value && !wanted.test(value)) throw new OptionError(message.replace("$", () => value));
  }
  const still = program === "still";
  const [width, height] = [values.number("width"), values.number("height")];
  const thumb = /^(\d+):(\d+)/.exec(values.text("thumb"))?.slice(1).map(Number);
  const framerate = values.number("framerate");
  return {
    program,
    camera: values.number("camera"),
    verbose: values.number("verbose"),
    /** 0 runs for ever. */
    timeout: milliseconds(values.text("timeout")),
    /** `-` for stdout, empty for nowhere. */
    output: values.text("output"),
    preview: !values.on("nopreview"),
    flush: values.on("flush"),
    framerate: framerate > 0 ? framerate : 30,
    quality: values.number("quality"),
    /** Stop after this many frames; 0 for no such end. */
    frames: values.number("frames"),
    mode: values.text("mode"),
    zsl: values.on("zsl"),
    codec: still ? "mjpeg" : values.text("codec").toLowerCase(),
    // The ISP makes video of even sizes only and says "Stream configuration adjusted".
    width: still ? width || 3280 : (width || 640) & ~1,
    height: still ? height || 2464 : (height || 480) & ~1,
    timelapse,
    /** Of the picture inside EXIF; absent for none. */
    thumb: thumb && { width: thumb[0], height: thumb[1] },
  };
}

/** `5`, `5s`, `5sec`, `500ms`, `1min`: milliseconds where no unit is given. */
function milliseconds(text: string): number {
  const [number = "0"] = TIME.exec(text) ?? [];
  return Number(number) * (UNITS[text.slice(number.length)] ?? 1);
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
