// Times as people say them, in their language: in a zone, or by the clocks here where none is named. And
// when days and hours begin by such clocks. Times are Unix ms.

const MINUTES = { hour: "2-digit", minute: "2-digit" } as const;
const DATE = { weekday: "short", day: "numeric", month: "short" } as const;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

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
    return new Date(ms).toLocaleString(undefined, { ...DATE, ...MINUTES, timeZone });
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
  return new Date(ms).toLocaleDateString(undefined, { ...DATE, timeZone });
}

/** `cam-2026-11-21-14-03-27.jpg`, the name of a file: sorts by time, valid everywhere. */
export function pictureName(cam: string, at: number, ending = "jpg"): string {
  const time = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  return `${cam}-${time.slice(0, 19).replaceAll(/[T:]/g, "-")}.${ending}`;
}

/** How far clocks there are ahead of UTC. */
function ahead(at: number, timeZone: string | undefined): number {
  // Swedish writes 2026-11-21 14:03:27.
  const clock = new Date(at).toLocaleString("sv", { timeZone });
  return Date.parse(`${clock.replace(" ", "T")}Z`) - Math.floor(at / 1000) * 1000;
}

/** When the day began. */
export function dayStart(at: number, zone: string | undefined): number {
  const midnight = Math.floor((at + ahead(at, zone)) / DAY) * DAY;
  return midnight - ahead(midnight - ahead(at, zone), zone);
}

/** When the next one begins: a day has 23 to 25 hours. */
export function dayEnd(start: number, zone: string | undefined): number {
  return dayStart(start + 30 * HOUR, zone);
}

/** When the days before today began, yesterday first, back to the one that `oldest` is in. */
export function daysBefore(now: number, oldest: number, zone: string | undefined): number[] {
  const days: number[] = [];
  for (let day = dayStart(now, zone); day > oldest;) {
    days.push(day = dayStart(day - DAY / 2, zone));
  }
  return days;
}

/** When clocks show a whole multiple of `step` since midnight. */
export function marks(
  from: number,
  to: number,
  step: number,
  zone: string | undefined,
): number[] {
  const every = Math.min(step, HOUR);
  const first = ahead(from, zone);
  const found: number[] = [];
  for (let at = Math.ceil((from + first) / every) * every - first; at <= to; at += every) {
    if ((at + ahead(at, zone)) % step === 0) found.push(at);
  }
  return found;
}
