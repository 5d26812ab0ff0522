// Kinds of settings that only a camera has.

import { z } from "zod";

/** A setting that is text until zod has turned it into `T`. */
export type Setting<T> = z.ZodPipe<z.ZodString, z.ZodTransform<T, string>>;

function setting<T>(wanted: string, parse: (text: string) => T | undefined): Setting<T> {
  return z.string({ error: wanted }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });
}

/** One of some words. */
export function choiceSetting<const T extends string>(choices: readonly T[]): Setting<T> {
  const wanted = choices.length > 2 ? `one of ${choices.join(", ")}` : choices.join(" or ");
  return setting(wanted, (text) => choices.find((choice) => choice === text));
}

/** Text that matches. */
export function textSetting(pattern: RegExp, wanted: string): Setting<string> {
  return setting(wanted, (text) => pattern.test(text) ? text : undefined);
}

/** The edge's address, without a query and without a slash at its end. */
export function urlSetting(): Setting<string> {
  const wanted = "the edge's address, for instance https://cam.example.org";
  return setting(wanted, (text) => {
    if (!URL.canParse(text)) return undefined;
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol) || url.search || url.hash) return undefined;
    if (url.username || url.password) return undefined;
    return url.href.replace(/\/+$/, "");
  });
}

/**
 * Arguments as one would type them: blanks part them, quotes keep blanks. No shell sees them.
 */
export function argsSetting(): Setting<readonly string[]> {
  return setting('arguments such as --ev 0.5 --info-text "two words"', splitArgs);
}

/** Splits at blanks outside quotes; undefined where a quote is left open. */
export function splitArgs(text: string): string[] | undefined {
  const args: string[] = [];
  let rest = text.trim();
  while (rest) {
    const match = /^(?:"[^"]*"|'[^']*'|[^\s"'])+(?=\s|$)/.exec(rest);
    if (!match) return undefined;
    args.push(match[0].replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
    rest = rest.slice(match[0].length).trimStart();
  }
  return args;
}

/** `21:30-06:00`, local time. */
export interface TimeRange {
  /** Minutes after midnight. */
  readonly from: number;
  /** Minutes after midnight; before `from` where the range spans midnight. */
  readonly to: number;
}

/** A part of each day. */
export function timeRangeSetting(): Setting<TimeRange> {
  return setting("local times such as 21:30-06:00", (text) => {
    const match = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text);
    if (!match) return undefined;
    const [h1, m1, h2, m2] = match.slice(1).map(Number);
    if (Math.max(h1, h2) > 23 || Math.max(m1, m2) > 59) return undefined;
    const range = { from: h1 * 60 + m1, to: h2 * 60 + m2 };
    return range.from === range.to ? undefined : range;
  });
}
