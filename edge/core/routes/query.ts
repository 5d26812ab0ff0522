// Queries, headers and JSON bodies, read with the schemas that describe them.

import type { Context } from "hono";
import { z } from "zod";
import { MAX_CAMERAS } from "../access/publishers.ts";
import { DEFAULT_CAM } from "../../../shared/frame.ts";
import { problemException } from "../problem.ts";
import { WIDTHS } from "../../../shared/widths.ts";

/**
 * What `schema` makes of texts.
 *
 * @param text Gives the text of a name; undefined where none was sent.
 * @throws 422, or `status`, at the first that is not as wanted: the schema's messages say what is.
 */
export function readTexts<Schema extends z.ZodObject>(
  schema: Schema,
  text: (name: string) => string | undefined,
  status: 400 | 422 = 422,
): z.output<Schema> {
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, text(name)]));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { path: [name], message } = result.error.issues[0];
  const got = given[String(name)];
  const shown = got === undefined ? "nothing" : JSON.stringify(got.slice(0, 40));
  throw problemException(status, `Read ${String(name)}: got ${shown}, wanted ${message}.`);
}

/** What `schema` makes of a JSON body. @throws 422 where it has another shape. */
export async function readJson<Schema extends z.ZodType>(
  { req }: Context,
  what: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(await req.json().catch(() => undefined));
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw problemException(422, `Read the ${what}: ${path.join(".") || "body"}: ${message}.`);
}

/** Digits only: `Number` would also read nothing at all, `0x10` and `1e400`. */
const numeric = (text: unknown) =>
  /^\d{1,16}(\.\d{1,6})?$/.test(String(text)) ? Number(text) : text;

/** A number in a query. */
export function number(min: number, max: number) {
  const wanted = `a number from ${min} to ${max}`;
  return z.preprocess(numeric, z.number(wanted).min(min, wanted).max(max, wanted));
}

/** As `number`, for what is counted: a count of one and a half is a mistake. */
export function whole(min: number, max: number) {
  const wanted = `a whole number from ${min} to ${max}`;
  return z.preprocess(numeric, z.int(wanted).min(min, wanted).max(max, wanted));
}

/** One of some numbers. */
export function oneOf(numbers: readonly number[]) {
  return z.preprocess(numeric, z.literal(numbers, `one of ${numbers.join(", ")}`));
}

export const unixMs = z.int().describe("Unix time in milliseconds");

/** `?cams=a,b`: each once; too many are refused before anybody looks at one. */
export const cams = z.string().default(DEFAULT_CAM)
  .transform((names) => [...new Set(names.split(","))])
  .refine(({ length }) => length <= MAX_CAMERAS, `at most ${MAX_CAMERAS} cameras`)
  .describe("camera ids, comma separated");

/** `?wait=`, where a viewer is answered when there is news. */
export const wait = number(0, 30).default(0)
  .describe("seconds to hold the answer until there is a newer picture than the one known");

/** `?w=`, on every road that has pictures. */
export const width = oneOf(WIDTHS).optional().describe("a smaller picture, pixels across");

const camsQuery = z.object({ cams });

/** The cameras that `?cams=` names, for who decides whether the client may see them. */
export function camsOf({ req }: Context): string[] {
  return readTexts(camsQuery, (name) => req.query(name)).cams;
}
