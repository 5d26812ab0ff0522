// Times as people say them, in the viewer's own zone and language.

const MINUTES = { hour: "2-digit", minute: "2-digit" } as const;

/** `14:03:27`, for the time of capture. */
export function clockText(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { ...MINUTES, second: "2-digit" });
}

/** `08:03 EST`: the time where the camera is, where clocks show another one there than here. */
export function thereText(ms: number, timeZone: string | undefined): string | undefined {
  try {
    const there = new Date(ms).toLocaleTimeString(undefined, { ...MINUTES, timeZone });
    if (there === new Date(ms).toLocaleTimeString(undefined, MINUTES)) return undefined;
    const named = { ...MINUTES, timeZone, timeZoneName: "short" } as const;
    return new Date(ms).toLocaleTimeString(undefined, named);
  } catch {
    // A zone that this browser does not know.
    return undefined;
  }
}

/** `Sat, 21 Nov, 08:03`, for people who know nothing of a picture but what it shows: its own time. */
export function stampText(ms: number, timeZone: string | undefined): string {
  const day = { weekday: "short", day: "numeric", month: "short" } as const;
  try {
    return new Date(ms).toLocaleString(undefined, { ...day, ...MINUTES, timeZone });
  } catch {
    return stampText(ms, undefined);
  }
}

/** `Saturday, 21 November 2026 at 14:03:27 CET`. */
export function dateText(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

/** `14:03` today, `20 Nov, 14:03` on another day. */
export function sinceText(ms: number, now: number): string {
  const sameDay = new Date(ms).toDateString() === new Date(now).toDateString();
  const day = sameDay ? {} : { day: "numeric", month: "short" } as const;
  return new Date(ms).toLocaleString(undefined, { ...day, ...MINUTES });
}

/** `cam-2026-11-21-14-03-27.jpg`, the name of a file: sorts by time, valid everywhere. */
export function pictureName(cam: string, at: number, ending = "jpg"): string {
  const time = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  return `${cam}-${time.slice(0, 19).replaceAll(/[T:]/g, "-")}.${ending}`;
}
