// Settings are text from the environment; zod turns them into values, or into one line per problem.

import { z } from "zod";
import { shownAddress } from "./addresses.ts";

/** Settings that hold, or every problem found in them. */
export type Parsed<T> =
  | { readonly ok: true; readonly config: Readonly<T> }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Names whose values never appear in a message. */
const SECRET = /TOKEN|PASSWORD|SECRET|KEY$|ARGS$/;

/**
 * Reads settings by name from `env` through `schema`, whose members are the settings' own names.
 *
 * An empty value counts as unset, as `.env` files leave them.
 */
export function parseSettings<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): Parsed<z.output<S>> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]?.trim();
    if (value) given[name] = value;
  }
  const result = schema.safeParse(given);
  if (result.success) return { ok: true, config: Object.freeze(result.data) };
  return {
    ok: false,
    problems: result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? "settings");
      return `${name}: got ${quoted(name, given[name])}, wanted ${issue.message}`;
    }),
  };
}

function quoted(name: string, value: string | undefined): string {
  if (value === undefined) return "nothing";
  if (SECRET.test(name)) return `a value of ${value.length} characters`;
  return oneLine(/[@?]|:\/\//.test(value) ? shownAddress(value) : value);
}

/** Quoted, on one line: JSON leaves some line ends as they are. */
function oneLine(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * A number within bounds.
 *
 * @param unit What the number counts, for the message.
 */
export function numberSetting(
  min: number,
  max: number,
  unit: string,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const wanted = `a number of ${unit} from ${min} to ${max}`;
  return z.string({ error: wanted }).transform((text, context) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });
}

/** A whole number within bounds. */
export function integerSetting(
  min: number,
  max: number,
  unit: string,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const wanted = `a whole number of ${unit} from ${min} to ${max}`;
  return z.string({ error: wanted }).transform((text, context) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });
}

/** `true` or `false`, also as `1`/`0`, `yes`/`no`, `on`/`off`. */
export function booleanSetting(): z.ZodPipe<z.ZodString, z.ZodTransform<boolean, string>> {
  const wanted = "true or false";
  return z.string({ error: wanted }).transform((text, context) => {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });
}
