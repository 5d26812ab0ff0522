// Query values that are numbers, within bounds.

import type { Context } from "hono";
import { problemException } from "../problem.ts";

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
): number | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw problemException(
    422,
    `Read ${name}: got ${
      JSON.stringify(text.slice(0, 40))
    }, wanted a number from ${min} to ${max}.`,
  );
}
