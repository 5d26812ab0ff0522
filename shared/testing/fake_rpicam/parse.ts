// Reads a command line as boost::program_options does, quirks and messages included. Its answers were
// compared with boost 1.74 itself, compiled with the same declarations.

import type { Option } from "./options.ts";

/** What the programs answer with `ERROR: *** message ***` and exit code 255. */
export class OptionError extends Error {
  override name = "OptionError";
}

/** Values by option name, as text that is known to convert; defaults included. */
export class Values {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** The option's text, or the empty string. */
  text(name: string): string {
    return this.#values.get(name)?.[0] ?? "";
  }

  /** The option as a number; 0 where it has none. */
  number(name: string): number {
    return Number(this.text(name) || 0);
  }

  /** Whether a switch is on. */
  on(name: string): boolean {
    return /^(true|1|yes|on)$/i.test(this.text(name));
  }
}

interface Given {
  readonly option: Option;
  readonly values: string[];
}

/**
 * Reads `args` over `options`.
 *
 * @throws {OptionError} With boost's words.
 */
export function parseCommandLine(options: readonly Option[], args: readonly string[]): Values {
  const values = new Map<string, string[]>();
  for (const { option, values: given } of takeFreeValues(splitTokens(options, args))) {
    const text = given[0] ?? option.implicit ?? "";
    if (!converts(option.type, text)) throw invalidArgument(option, text);
    const before = values.get(option.name);
    if (before && option.type !== "strings") {
      throw new OptionError(`option '--${option.name}' cannot be specified more than once`);
    }
    // Those without a sign wrap as in C.
    const wraps = option.type === "unsigned" && Number(text) < 0;
    const value = wraps ? String(Number(text) + 2 ** 32) : text;
    values.set(option.name, [...(before ?? []), value]);
  }
  for (const option of options) {
    if (option.default !== undefined && !values.has(option.name)) {
      values.set(option.name, [option.default]);
    }
  }
  return new Values(values);
}

/** Options with what belongs to them for sure; a plain string is a token that belongs to nobody. */
function splitTokens(options: readonly Option[], args: readonly string[]): (Given | string)[] {
  const result: (Given | string)[] = [];
  const rest = [...args];
  while (rest.length > 0) {
    const token = rest.shift()!;
    if (token === "--") break;
    if (!/^-./.test(token)) {
      result.push(token);
      continue;
    }
    const { option, adjacent } = token.startsWith("--")
      ? longOption(options, token)
      : shortOption(options, token);
    if (!option) continue;
    const values = adjacent === undefined ? [] : [adjacent];
    if (values.length === 0 && option.implicit === undefined) {
      // Only a short form counts as "looks like an option" here: `--width --height` takes the text.
      if (rest.length === 0 || options.some(({ short }) => short && rest[0] === `-${short}`)) {
        throw new OptionError(`the required argument for option '--${option.name}' is missing`);
      }
      values.push(rest.shift()!);
    }
    result.push({ option, values });
  }
  return result;
}

/** An option whose value may be left out takes the free token behind it, if there is one. */
function takeFreeValues(items: readonly (Given | string)[]): Given[] {
  const result: Given[] = [];
  items.forEach((item, index) => {
    if (typeof item === "string") return;
    const next = items[index + 1];
    const free = item.values.length === 0 && typeof next === "string";
    result.push(free ? { option: item.option, values: [next] } : item);
  });
  return result;
}

function longOption(options: readonly Option[], token: string) {
  const [, name, equals, value] = /^--([^=]*)(=?)(.*)$/s.exec(token)!;
  if (name === "") return {};
  const option = options.find((one) => one.name === name || `-${one.short}` === name) ??
    guess(options, name);
  if (equals && value === "") {
    const words = "should follow immediately after the equal sign";
    throw new OptionError(`the argument for option '--${option.name}' ${words}`);
  }
  return { option, adjacent: equals ? value : undefined };
}

function guess(options: readonly Option[], name: string): Option {
  const near = options.filter((one) => one.name.startsWith(name));
  if (near.length === 1) return near[0];
  if (near.length === 0) throw new OptionError(`unrecognised option '--${name}'`);
  const names = near.map((one) => `'--${one.name}'`).sort();
  names.push(`and ${names.pop()}`);
  throw new OptionError(`option '--${name}' is ambiguous and matches ${names.join(", ")}`);
}

function shortOption(options: readonly Option[], token: string) {
  const option = options.find((one) => one.short === token[1]);
  if (!option) throw new OptionError(`unrecognised option '${token}'`);
  return { option, adjacent: token.length > 2 ? token.slice(2) : undefined };
}

function converts(type: Option["type"], text: string): boolean {
  if (type === "bool") return /^(true|false|1|0|yes|no|on|off)$/i.test(text);
  if (type === "unsigned") return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 32;
  if (type === "int") return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 31;
  if (type === "float") return /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|nan)$/i.test(text);
  return true;
}

function invalidArgument(option: Option, text: string): OptionError {
  const choices = option.type === "bool"
    ? ". Valid choices are 'on|off', 'yes|no', '1|0' and 'true|false'"
    : "";
  const of = `for option '--${option.name}'`;
  return new OptionError(`the argument ('${text}') ${of} is invalid${choices}`);
}
