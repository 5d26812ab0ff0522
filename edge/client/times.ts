// Times as people say them, in the viewer's own zone and language.

const MINUTES = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { weekday: "short", day: "numeric", month: "short" } as const;

/** `14:03:27`, for the time of capture. */
export function clockText(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { ...MINUTES, second: "2-digit" });
}

/** `08:03 EST`, `Fri 23:03 EST`: the time where the camera is, where clocks show another one there. */
export function thereText(ms: number, timeZone: string | undefined): string | undefined {
  try {
    const there = new Date(ms).toLocaleTimeString(undefined, { ...MINUTES, timeZone });
    if (there === new Date(ms).toLocaleTimeString(undefined, MINUTES)) return undefined;
    const sameDay = dayText(ms, timeZone) === dayText(ms, undefined);
    const weekday = sameDay ? undefined : "short";
    const named = { ...MINUTES, weekday, timeZone, timeZoneName: "short" } as const;
    return new Date(ms).toLocaleString(undefined, named);
  } catch {
    // A zone that this browser does not know.
    return undefined;
  }
}

/** `Sat, 21 Nov, 08:03`, for people who know nothing of a picture but what it shows: its own time. */
export function stampText(ms: number, timeZone: string | undefined): string {
  try {
    return new Date(ms).toLocaleString(undefined, { ...DAY, ...MINUTES, timeZone });
  } catch {
    return stampText(ms, undefined);
  }
}

/** `Saturday, 21 November 2026 at 14:03:27 CET`. */
export function dateText(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

/** `14:03` today, `20 Nov, 14:03` on another day; in a zone that is not the viewer's `08:03 EST`. */
export function sinceText(ms: number, now: number, timeZone?: string): string {
  const date = (at: number) => new Date(at).toLocaleDateString("sv", { timeZone });
  const day = date(ms) === date(now) ? {} : { day: "numeric", month: "short" } as const;
  const named = timeZone ? { timeZoneName: "short" } as const : {};
  return new Date(ms).toLocaleString(undefined, { ...day, ...MINUTES, ...named, timeZone });
}

/** `14:00`, for a mark of the timeline. */
export function hourText(ms: number, timeZone: string | undefined): string {
  return new Date(ms).toLocaleTimeString(undefined, { ...MINUTES, timeZone });
}

/** `Sat`. */
export function weekdayText(ms: number, timeZone: string | undefined): string {
  return new Date(ms).toLocaleDateString(undefined, { weekday: "short", timeZone });
}

/** `Sat, 21 Nov`. */
export function dayText(ms: number, timeZone: string | undefined): string {
  return new Date(ms).toLocaleDateString(undefined, { ...DAY, timeZone });
}

/** `cam-2026-11-21-14-03-27.jpg`, the name of a file: sorts by time, valid everywhere. */
export function pictureName(cam: string, at: number, ending = "jpg"): string {
  const time = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  return `${cam}-${time.slice(0, 19).replaceAll(/[T:]/g, "-")}.${ending}`;
}
