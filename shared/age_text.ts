// Ages as people say them, in the same words on every page.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `8 s`, `3 min`, `2 h`, `5 days`. */
export function ageText(ms: number): string {
  if (ms < 100 * 1000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < 100 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 48 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} days`;
}
