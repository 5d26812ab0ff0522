// Settings that a source does nothing about, so that nobody waits for what they promise. Pure.

import type { SourceKind } from "../config.ts";

/** Only the rpicam programs have them. */
const SENSOR = ["BRIGHTNESS", "CONTRAST", "SATURATION", "SHARPNESS", "EXPOSURE", "EV", "METERING"]
  .concat(["AWB", "SHUTTER", "GAIN", "FLICKER_US", "DENOISE", "HDR", "AUTOFOCUS", "LENS_POSITION"])
  .concat(["CAMERA", "MODE", "NIGHT_SHUTTER", "NIGHT_GAIN"]);
const TURN = ["HFLIP", "VFLIP", "ROTATION"];

/** Names without `PERCH_`. */
const IGNORED: Readonly<Record<SourceKind, readonly string[]>> = {
  "auto": ["INPUT"],
  "rpicam-vid": ["INPUT"],
  "rpicam-still": ["INPUT"],
  "ffmpeg": SENSOR,
  "v4l2-ctl": [...SENSOR, ...TURN, "QUALITY"],
  "http": [...SENSOR, ...TURN, "WIDTH", "HEIGHT", "QUALITY", "EXTRA_ARGS"],
  "pattern": [...SENSOR, ...TURN, "INPUT", "EXTRA_ARGS"],
};

/**
 * One line about what is set in vain; undefined where nothing is.
 *
 * @param given The names of all settings that are set.
 */
export function ignoredSettings(source: SourceKind, given: readonly string[]): string | undefined {
  const ignored = given.filter((name) => IGNORED[source].includes(name.replace("PERCH_", "")));
  if (ignored.length === 0) return undefined;
  return `${ignored.join(", ")}: PERCH_SOURCE=${source} does nothing about that`;
}
