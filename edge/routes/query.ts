// Query values that are numbers, within bounds.

import type { Context } from "hono";
import { problemException } from "../problem.ts";

const NUMBER = { pattern: /^\d{1,15}(\.\d{1,6})?$/, words: "a number" };
const WHOLE = { pattern: /^\d{1,16}$/, words: "a whole number" };

/**
 * A number from the query; undefined where it is not given.
 *
 * @throws 422 where it is no number within the bounds.
 */
export function numberQuery(
  context: Context,
  name: string,
  min: number,
  max: number,
  kind = NUMBER,
): number | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const value = kind.pattern.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  const got = JSON.stringify(text.slice(0, 40));
  throw problemException(
    422,
    `Read ${name}: got ${got}, wanted ${kind.words} from ${min} to ${max}.`,
  );
}

/** As `numberQuery`, for what is counted: a count of one and a half is a mistake. */
export function wholeQuery(
  context: Context,
  name: string,
  min: number,
  max: number,
): number | undefined {
  return numberQuery(context, name, min, max, WHOLE);
}
