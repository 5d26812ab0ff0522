// By day one picture, by night another: long shutter, high gain, few frames.

import type { Config, Picture, TimeRange } from "./config.ts";
import type { FrameSource } from "./source/source.ts";
import type { Profile } from "./supervisor.ts";
import { watchdogLimits } from "./watchdog.ts";

/** Whether a time of day, in minutes after midnight, lies in a range that may span midnight. */
export function isWithin(minutes: number, { from, to }: TimeRange): boolean {
  return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/**
 * The profile for a wall time.
 *
 * @param create Makes a source; called once for the day and once for the night.
 */
export function createProfiles(
  { picture, night, stallMs, source, input = "" }: Config,
  create: (picture: Picture) => FrameSource,
): (now: number) => Profile {
  const onNetwork = source === "http" || (source === "ffmpeg" && input.includes("://"));
  const profile = (picture: Picture): Profile => ({
    source: create(picture),
    limits: watchdogLimits(picture.fps, stallMs, onNetwork),
  });
  const byDay = profile(picture);
  if (!night) return () => byDay;
  const byNight = profile(night.picture);
  return (now) => {
    const time = new Date(now);
    return isWithin(time.getHours() * 60 + time.getMinutes(), night.hours) ? byNight : byDay;
  };
}
