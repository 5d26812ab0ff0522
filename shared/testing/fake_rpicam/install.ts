// Puts the fake camera programs on a PATH: small shell wrappers in a directory of their own.

import type { Attached } from "./cameras.ts";
import { readStarts } from "./starts.ts";

export interface InstallOptions {
  /** Default: `rpicam-vid`, `rpicam-still`. */
  readonly names?: readonly string[];
  /** Default: one imx219. */
  readonly cameras?: Attached;
}

/** Installed camera programs; disposing of them removes the directory. */
export type FakeRpicam = Awaited<ReturnType<typeof installFakeRpicam>>;

export async function installFakeRpicam(options: InstallOptions = {}) {
  const dir = await Deno.makeTempDir({ prefix: "perch-rpicam-" });
  const startsFile = `${dir}/starts`;
  const main = new URL("./main.ts", import.meta.url).pathname;
  const variables = "FAKE_RPICAM,FAKE_RPICAM_CAMERAS,FAKE_RPICAM_STARTS,_STDBUF_O";
  const permissions = `--allow-env=${variables} --allow-read --allow-write --allow-run`;
  for (const name of options.names ?? ["rpicam-vid", "rpicam-still"]) {
    await Deno.writeTextFile(
      `${dir}/${name}`,
      `#!/bin/sh\nulimit -c 0\n` +
        `exec "${Deno.execPath()}" run -q --no-config --no-lock ${permissions} "${main}" ${name} "$@"\n`,
      { mode: 0o755 },
    );
  }
  return {
    /** Put this in front of PATH. */
    dir,
    /** The environment of a program that shall find them, with `faults` as FAKE_RPICAM takes them. */
    env: (faults = ""): Record<string, string> => ({
      PATH: `${dir}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`,
      FAKE_RPICAM: faults,
      FAKE_RPICAM_CAMERAS: options.cameras ?? "imx219",
      FAKE_RPICAM_STARTS: startsFile,
    }),
    /** Every start of a program that opened the camera, oldest first. */
    starts: () => readStarts(startsFile),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}
