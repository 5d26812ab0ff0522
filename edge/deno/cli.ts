// What a person typed behind `deno task edge`: settings as flags, a question for help, or for a token.

import { readFlags } from "../../shared/flags.ts";
import { reasonOf } from "../../shared/log.ts";
import { settingRows, settingsHelp } from "../../shared/settings.ts";
import { edgeSettings } from "../core/config.ts";

/** A command line that makes sense, or every problem in it. */
export type Cli =
  | {
    readonly ok: true;
    readonly command: "run" | "help" | "make-token";
    readonly settings: Readonly<Record<string, string>>;
    /** Where a token goes. */
    readonly file: string;
  }
  | { readonly ok: false; readonly problems: readonly string[] };

export function parseCli(args: readonly string[]): Cli {
  const flags = readFlags(args, settingRows(edgeSettings), ["make-token"]);
  if (!flags.ok) return flags;
  const { given, settings, words } = flags;
  const command = given.has("help") ? "help" : given.has("make-token") ? "make-token" : "run";
  const [file = ".env", ...others] = words;
  if (others.length > 0 || (words.length > 0 && command !== "make-token")) {
    return { ok: false, problems: ["command: got words, wanted flags only, as --help tells them"] };
  }
  return { ok: true, command, settings, file };
}

export function helpText(): string {
  return `Perch's edge: takes the cameras' pictures and shows the newest to everybody who watches.

  deno task edge                       run
  deno task edge --make-token [file]   make a token to publish with, into .env or another file

Settings. Each is also a variable: --idle-interval-s is PERCH_IDLE_INTERVAL_S, in the environment or
in the file .env, where tokens and keys belong: everybody on a machine sees flags. A flag wins over
the environment, and that over .env; --no- before a switch says no.
${settingsHelp(settingRows(edgeSettings))}
`;
}

/**
 * Writes a new token into a file of settings, which from then on only its owner reads.
 *
 * @returns What was done, or what is in the way, in one line. Never the token.
 */
export async function makeToken(file: string): Promise<{ ok: boolean; line: string }> {
  try {
    const text = await Deno.readTextFile(file).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    const next = withToken(text, crypto.randomUUID());
    if (next === undefined) {
      const line = `${file}: got a file with PERCH_PUBLISH_TOKENS, wanted one without that line`;
      return { ok: false, line };
    }
    if (text === "") await Deno.writeTextFile(file, "", { mode: 0o600 });
    if (Deno.build.os !== "windows") await Deno.chmod(file, 0o600);
    await Deno.writeTextFile(file, next);
    const line = `wrote PERCH_PUBLISH_TOKENS to ${file}; the camera's PERCH_TOKEN is the same`;
    return { ok: true, line };
  } catch (error) {
    const line = `${file}: got "${reasonOf(error)}", wanted a file that this user can write`;
    return { ok: false, line };
  }
}

/** The text of a file of settings with a token; undefined where it has one. */
export function withToken(text: string, token: string): string | undefined {
  const line = `PERCH_PUBLISH_TOKENS=${token}`;
  const set = /^[ \t]*(?:export[ \t]+)?PERCH_PUBLISH_TOKENS[ \t]*=(.*)$/m.exec(text);
  if (!set) return `${text}${/[^\n]$/.test(text) ? "\n" : ""}${line}\n`;
  if (!/^\s*(""|'')?\s*(#.*)?$/.test(set[1])) return undefined;
  return text.slice(0, set.index) + line + text.slice(set.index + set[0].length);
}
