// Puts the fake camera programs on a PATH: small shell wrappers in a directory of their own.

import type { Attached } from "./cameras.ts";
import { readStarts, type Start } from "./starts.ts";

/** How the programs are installed. */
export interface InstallOptions {
  /** Default: `rpicam-vid`, `rpicam-still`. */
  readonly names?: readonly string[];
  /** Default: one imx219. */
  readonly cameras?: Attached;
}

/** Installed camera programs; disposing of them removes the directory. */
export interface FakeRpicam extends AsyncDisposable {
  /** Put this in front of PATH. */
  readonly dir: string;
  /** The environment of a program that shall find them, with `faults` as FAKE_RPICAM takes them. */
  env(faults?: string): Record<string, string>;
  /** Every start of a program that opened the camera, oldest first. */
  starts(): Start[];
}

const NAMES = ["rpicam-vid", "rpicam-still"];

/** Installs the programs into a new directory. */
export async function installFakeRpicam(options: InstallOptions = {}): Promise<FakeRpicam> {
  const dir = await Deno.makeTempDir({ prefix: "perch-rpicam-" });
  const startsFile = `${dir}/starts`;
  const main = new URL("./main.ts", import.meta.url).pathname;
  const variables = "FAKE_RPICAM,FAKE_RPICAM_CAMERAS,FAKE_RPICAM_STARTS,_STDBUF_O";
  const permissions = `--allow-env=${variables} --allow-read --allow-write --allow-run`;
  for (const name of options.names ?? NAMES) {
    await Deno.writeTextFile(
      `${dir}/${name}`,
      `#!/bin/sh\nulimit -c 0\n` +
        `exec "${Deno.execPath()}" run -q --no-config --no-lock ${permissions} "${main}" ${name} "$@"\n`,
      { mode: 0o755 },
    );
  }
  return {
    dir,
    env: (faults = "") => ({
      PATH: `${dir}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`,
      FAKE_RPICAM: faults,
      FAKE_RPICAM_CAMERAS: options.cameras ?? "imx219",
      FAKE_RPICAM_STARTS: startsFile,
    }),
    starts: () => readStarts(startsFile),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}
