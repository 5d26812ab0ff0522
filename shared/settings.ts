// Settings are text from environment and flags. Each is declared once, as a member of a zod object:
// its kind, its default and, by `meta`, what people are told. Values or one line per problem, the
// help and the tables of the docs follow from that.

import { z } from "zod";
import { shownAddress } from "./addresses.ts";
import { plain, printable } from "./log.ts";
import { SETTING_NAMES } from "./setting_names.ts";

/** Settings that hold, or every problem found in them. */
export type Parsed<T> =
  | {
    readonly ok: true;
    readonly config: Readonly<T>;
    readonly warnings: readonly SettingWarning[];
  }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Something in the settings that works, but should not stay. */
export interface SettingWarning {
  readonly found: string;
  readonly fix: string;
}

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
  const warnings = unknownSettings(Object.keys(env));
  const result = schema.safeParse(given);
  if (result.success) return { ok: true, config: Object.freeze(result.data), warnings };
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "settings");
    return `${name}: got ${quoted(name, given[name])}, wanted ${issue.message}`;
  });
  return { ok: false, problems: withSlips(problems, warnings) };
}

/** Problems, and those of the warnings that may be why: a slip in the name of what is wrong. */
export function withSlips(
  problems: readonly string[],
  warnings: readonly SettingWarning[],
): string[] {
  const fixes = problems.map((problem) => `did you mean ${problem.split(":")[0]}?`);
  return [...problems, ...warnings.filter(({ fix }) => fixes.includes(fix)).map(lineOf)];
}

function quoted(name: string, value: string | undefined): string {
  if (value === undefined) return "nothing";
  if (SECRET.test(name)) return `a value of ${value.length} characters`;
  // JSON leaves some line ends as they are.
  return printable(JSON.stringify(/[@?]|:\/\//.test(value) ? shownAddress(value) : value));
}

/** A setting as people are told of it. */
export interface SettingRow {
  /** In the environment. */
  readonly name: string;
  /** `PERCH_IDLE_CAMERA` is `--idle-camera`. */
  readonly flag: string;
  /** Whether its flag stands alone. */
  readonly isSwitch: boolean;
  readonly help: string;
  /** The default as text; undefined where there is none. */
  readonly fallback?: string;
  /** Whom it is for: the words above it and those that follow. */
  readonly heading?: string;
}

/** The settings of `schema`, in the order in which people meet them. */
export function settingRows(schema: z.ZodObject): SettingRow[] {
  return Object.entries(schema.shape).map(([name, type]) => {
    const { description = "", heading } = z.globalRegistry.get(type) ?? {};
    const fallback = type instanceof z.ZodDefault ? type.def.defaultValue : undefined;
    const kind = type instanceof z.ZodDefault || type instanceof z.ZodOptional
      ? type.unwrap()
      : type;
    const choices = kind instanceof z.ZodEnum ? `: ${kind.options.join(", ")}` : "";
    return {
      name,
      flag: `--${name.replace(/^PERCH_/, "").toLowerCase().replaceAll("_", "-")}`,
      isSwitch: typeof fallback === "boolean",
      help: description + choices,
      ...(fallback === undefined ? {} : { fallback: String(fallback) }),
      ...(typeof heading === "string" ? { heading } : {}),
    };
  });
}

/** The part of a `--help` that tells of settings. */
export function settingsHelp(rows: readonly SettingRow[]): string {
  const width = Math.max(...rows.map(({ flag }) => flag.length));
  return rows.flatMap(({ flag, help, fallback, isSwitch, heading }) => {
    const shown = isSwitch ? fallback === "true" && "on" : fallback;
    const ends = shown ? ` (default ${shown})` : "";
    return [...(heading ? ["", heading] : []), `  ${flag.padEnd(width)}  ${help}${ends}`];
  }).join("\n");
}

/** A warning as one line. */
export function lineOf({ found, fix }: SettingWarning): string {
  return `${found}; ${fix}`;
}

/** Each `PERCH_*` among `names` that neither program has. */
function unknownSettings(names: readonly string[]): SettingWarning[] {
  return names
    .filter((name) => /^PERCH_\w+$/.test(name) && !SETTING_NAMES.includes(name))
    .toSorted()
    .map((name) => ({
      found: `${name}: there is no such setting, it does nothing`,
      fix: `did you mean ${nearest(name, SETTING_NAMES)}?`,
    }));
}

/** The one of `known` with the fewest letters to change. */
export function nearest(text: string, known: readonly string[]): string {
  const [first] = known.map((name) => ({ name, letters: distance(text, name) }))
    .sort((a, b) => a.letters - b.letters);
  return first.name;
}

/** Letters to add, drop or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** A setting that is text until zod has turned it into `T`. */
export type Setting<T> = z.ZodPipe<z.ZodString, z.ZodTransform<T, string>>;

/**
 * A kind of setting.
 *
 * @param wanted For the message about what is none.
 * @param parse Undefined for what is none.
 */
export function setting<T>(wanted: string, parse: (text: string) => T | undefined): Setting<T> {
  return z.string({ error: wanted }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });
}

/**
 * A number within bounds.
 *
 * @param unit What the number counts, for the message.
 */
export function numberSetting(min: number, max: number, unit: string): Setting<number> {
  return numbers(/^[+-]?(\d+\.?\d*|\.\d+)$/, min, max, `a number of ${unit}`);
}

/** A whole number within bounds. */
export function integerSetting(min: number, max: number, unit: string): Setting<number> {
  return numbers(/^[+-]?\d+$/, min, max, `a whole number of ${unit}`);
}

function numbers(written: RegExp, min: number, max: number, what: string): Setting<number> {
  return setting(`${what} from ${min} to ${max}`, (text) => {
    const value = written.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** A name that people are shown. */
export function nameSetting(max: number): Setting<string> {
  return setting(
    `1 to ${max} characters on one line, no tabs or other control characters`,
    (text) => [...text].length <= max && plain(text) === text ? text : undefined,
  );
}

/** `true` or `false`, also as `1`/`0`, `yes`/`no`, `on`/`off`. */
export function booleanSetting():
  & z.ZodType<boolean, string>
  & z.ZodCodec<z.ZodString, z.ZodBoolean> {
  return z.stringbool({ error: "true or false" });
}

/** One of some words. */
export function choiceSetting<const T extends readonly string[]>(
  choices: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  const wanted = choices.length > 2 ? `one of ${choices.join(", ")}` : choices.join(" or ");
  return z.enum(choices, { error: wanted });
}
