// What a check of the machine found, and how a person reads it.

/** How bad it is: `warn` works today, `fail` gives no picture. */
export type Grade = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  readonly grade: Grade;
  /** Two or three words. */
  readonly subject: string;
  /** What was found. */
  readonly found: string;
  /** What to do about it; for everything but `ok`. */
  readonly fix?: string;
}

/** All is well. */
export function ok(subject: string, found: string): Finding {
  return { grade: "ok", subject, found };
}

/** It works, but may not for long. */
export function warn(subject: string, found: string, fix: string): Finding {
  return { grade: "warn", subject, found, fix };
}

/** It does not work. */
export function fail(subject: string, found: string, fix: string): Finding {
  return { grade: "fail", subject, found, fix };
}

/** A finding as lines of a terminal. */
export function formatFinding({ grade, subject, found, fix }: Finding): string[] {
  const lines = [`${grade.padEnd(6)}${subject.padEnd(18)}${found}`];
  if (fix) lines.push(`${" ".repeat(24)}-> ${fix}`);
  return lines;
}
