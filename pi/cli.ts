// What a person typed: a command, and settings that win over the environment's.

import { shownAddress } from "../shared/addresses.ts";
import { readFlags } from "../shared/flags.ts";
import { settingRows, settingsHelp } from "../shared/settings.ts";
import { cameraSettings } from "./config.ts";

const COMMANDS = ["run", "doctor", "systemd", "help"] as const;

export type Cli = ReturnType<typeof parseCli>;

/** A command line that makes sense, or every problem in it. */
export function parseCli(args: readonly string[]) {
  const flags = readFlags(args, settingRows(cameraSettings), ["install"]);
  if (!flags.ok) return flags;
  const [word = "run", ...others] = flags.words;
  const command = COMMANDS.find((one) => one === word);
  if (!command || others.length > 0) {
    // What stands with others may be the rest of an address with a blank in it.
    const got = args.length === 1 ? JSON.stringify(shownAddress(word)) : "others";
    const problems = [`command: got ${got}, wanted one of ${COMMANDS.join(", ")}`];
    return { ok: false, problems } as const;
  }
  return {
    ok: true,
    command: flags.given.has("help") ? "help" : command,
    settings: flags.settings,
    /** `systemd --install`: write the unit instead of printing it. */
    install: flags.given.has("install"),
  } as const;
}

export function helpText(): string {
  return `Perch's camera agent: takes pictures and sends the newest to the edge.

  deno task pi             run
  deno task pi:doctor      check this machine, the camera and the way to the edge
  deno task pi:systemd     print the service unit; with --install, as root, install and start it

The shortest start, with a test pattern for a camera:

  PERCH_TOKEN=… deno task pi --url https://cam.example.org --source pattern

Settings. Each is also a variable: --idle-camera is PERCH_IDLE_CAMERA, in the environment or in the
file .env. A flag wins over the environment, and that over .env.
${settingsHelp(settingRows(cameraSettings))}
`;
}
