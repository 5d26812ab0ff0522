// What a person typed behind a program's name: settings as flags, and words.

import { parseArgs } from "node:util";
import { nearest, type SettingRow } from "./settings.ts";

/** A command line that makes sense, or every problem in it. */
export type Flags =
  | {
    readonly ok: true;
    /** By their names in the environment. */
    readonly settings: Readonly<Record<string, string>>;
    /** Those of the program's own flags that were given, `help` among them. */
    readonly given: ReadonlySet<string>;
    readonly words: readonly string[];
  }
  | { readonly ok: false; readonly problems: readonly string[] };

const DASH = "; behind = it may begin with a dash";

/**
 * Reads the arguments of a program. `--idle-camera stop` and `--idle-camera=stop` are the same, a
 * switch stands alone, and `--no-` before it says no.
 *
 * @param own Flags besides the settings'.
 */
export function readFlags(
  args: readonly string[],
  rows: readonly SettingRow[],
  own: readonly string[],
): Flags {
  const options = Object.fromEntries([
    ...rows.map(({ flag, isSwitch }) => [flag.slice(2), isSwitch ? "boolean" : "string"] as const),
    ...[...own, "help"].map((flag) => [flag, "boolean"] as const),
  ].map(([name, type]) => [name, { type, ...(name === "help" ? { short: "h" } : {}) }]));
  const flags = Object.keys(options).map((name) => `--${name}`);
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const settings: Record<string, string> = {};
  const given = new Set<string>();
  const words: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name, value, inlineValue } = token;
    const typed = args[token.index].split("=")[0];
    const row = rows.find(({ flag, isSwitch }) =>
      flag === `--${name}` || (isSwitch && flag === `--${name.replace(/^no-/, "")}`)
    );
    if (row) {
      if (row.isSwitch) settings[row.name] = value ?? String(row.flag === typed);
      else if (value && (inlineValue || !/^-(?![\d.])/.test(value))) settings[row.name] = value;
      else problems.push(`${typed}: got nothing, wanted a value${DASH}`);
    } else if (name in options && value === undefined) given.add(name);
    else if (name in options) {
      problems.push(`${typed} is no flag with a value: leave =${value} out`);
    } else problems.push(`${typed} is no flag: did you mean ${nearest(typed, flags)}? See --help`);
  }
  return problems.length > 0
    ? { ok: false, problems: [...new Set(problems)] }
    : { ok: true, settings, given, words };
}
