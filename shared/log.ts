// Lines for people and for journald: a change of state once, never a line per frame, never a token.

/** What a line may carry besides its words; written as `key=value`, or as JSON members. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a program says what happened to it. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How lines are written. */
export interface LogOptions {
  /** `text` for people, `json` for one JSON object a line, `journald` for text behind `<priority>`. */
  readonly format: "text" | "json" | "journald";
  /** Gets one line without its line feed. */
  write(line: string): void;
  /** Wall time, Unix ms. */
  now(): number;
}

type Level = "info" | "warn" | "error";

const PRIORITY: Readonly<Record<Level, number>> = { info: 6, warn: 4, error: 3 };

/** Makes the log of a program. */
export function createLog(options: LogOptions): Log {
  const line = (level: Level) => (message: string, fields: LogFields = {}) => {
    const text = printable(formatLine(options.format, options.now(), level, message, fields));
    try {
      options.write(text);
    } catch {
      // A full disk takes no lines, and there is nowhere to say so: the program goes on.
    }
  };
  return { info: line("info"), warn: line("warn"), error: line("error") };
}

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}

function formatLine(
  format: LogOptions["format"],
  now: number,
  level: Level,
  message: string,
  fields: LogFields,
): string {
  const time = new Date(now).toISOString();
  if (format === "json") return JSON.stringify({ time, level, message, ...fields });
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? quote(value) : value}`)
    .join("");
  if (format === "journald") return `<${PRIORITY[level]}>${message}${pairs}`;
  return `${time} ${level === "info" ? "" : level.toUpperCase() + " "}${message}${pairs}`;
}

function quote(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** What steers a terminal, begins a line of its own or turns text around. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** What others wrote, on one line: control characters are spelled out, as JSON does. */
export function printable(text: string): string {
  return text.replace(
    CONTROL,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What others wrote, for people: blanks in place of control characters. */
export function plain(text: string): string {
  return text.replace(CONTROL, " ");
}
