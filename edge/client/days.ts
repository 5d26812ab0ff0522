// Days and hours by the clocks where the camera is. Times are Unix ms; without a zone they are those of
// clocks here.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

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
