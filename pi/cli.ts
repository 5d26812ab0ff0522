// What a person typed: a command, and settings that win over the environment's.

import { parseArgs, type ParseArgsConfig } from "node:util";
import { shownAddress } from "../shared/addresses.ts";
import { SETTING_HELP } from "./config.ts";

/** What the program is to do. */
export type Command = "run" | "doctor" | "systemd" | "help";

/** A command line that makes sense, or every problem in it. */
export type Cli =
  | {
    readonly ok: true;
    readonly command: Command;
    /** By their names in the environment. */
    readonly settings: Readonly<Record<string, string>>;
    /** `systemd --install`: write the unit instead of printing it. */
    readonly install: boolean;
  }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Settings whose flag stands alone. */
const SWITCHES: ReadonlySet<string> = new Set(["PERCH_HFLIP", "PERCH_VFLIP"]);

const COMMANDS: readonly string[] = ["run", "doctor", "systemd", "help"] satisfies Command[];

/** The flag for a setting: `PERCH_IDLE_CAMERA` is `idle-camera`. */
export function flagOf(setting: string): string {
  return setting.replace(/^PERCH_/, "").toLowerCase().replaceAll("_", "-");
}

/** Reads the arguments of the program. */
export function parseCli(args: readonly string[]): Cli {
  const options: NonNullable<ParseArgsConfig["options"]> = {
    help: { type: "boolean", short: "h" },
    install: { type: "boolean" },
  };
  for (const { name } of SETTING_HELP) {
    options[flagOf(name)] = { type: SWITCHES.has(name) ? "boolean" : "string" };
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      allowNegative: true,
    });
    const [command = "run", ...others] = positionals;
    if (!isCommand(command) || others.length > 0) {
      // What stands with others may be the rest of an address with a blank in it.
      const got = args.length === 1 ? JSON.stringify(shownAddress(command)) : "others";
      return { ok: false, problems: [`command: got ${got}, wanted one of ${COMMANDS.join(", ")}`] };
    }
    const settings: Record<string, string> = {};
    for (const { name } of SETTING_HELP) {
      const value = values[flagOf(name)];
      if (value !== undefined) settings[name] = String(value);
    }
    return {
      ok: true,
      command: values.help ? "help" : command,
      settings,
      install: values.install === true,
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { ok: false, problems: [error.message.replaceAll("\n", " ")] };
  }
}

function isCommand(text: string): text is Command {
  return COMMANDS.includes(text);
}

/** Headings of the help, by the setting each stands above. */
const HEADINGS: Readonly<Record<string, string>> = {
  PERCH_URL: "Where to",
  PERCH_SOURCE: "What from",
  PERCH_FPS: "The picture",
  PERCH_BRIGHTNESS: "Light and colour; unset leaves them to the camera",
  PERCH_AUTOFOCUS: "Focus",
  PERCH_NIGHT: "Night",
  PERCH_EXTRA_ARGS: "How it runs",
};

/** What `--help` prints. */
export function helpText(): string {
  const width = Math.max(...SETTING_HELP.map(({ name }) => flagOf(name).length));
  const settings = SETTING_HELP.flatMap(({ name, help, fallback }) => {
    const heading = HEADINGS[name] ? ["", HEADINGS[name]] : [];
    const ends = fallback && fallback !== "false" ? ` (default ${fallback})` : "";
    return [...heading, `  --${flagOf(name).padEnd(width)}  ${help}${ends}`];
  });
  return `Perch's camera agent: takes pictures and sends the newest to the edge.

  deno task pi             run
  deno task pi:doctor      check this machine, the camera and the way to the edge
  deno task pi:systemd     print the service unit; with --install, as root, install and start it

The shortest start, with a test pattern for a camera:

  PERCH_TOKEN=… deno task pi --url https://cam.example.org --source pattern

Settings. Each is also a variable: --idle-camera is PERCH_IDLE_CAMERA, in the environment or in the
file .env. A flag wins over the environment, and that over .env.
${settings.join("\n")}
`;
}
