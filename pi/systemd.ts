// Puts the service that runs the agent from boot on (`perch-pi.service`) on this machine: the only place
// that writes files.

import { dirname } from "node:path";
import type { Output } from "./process.ts";

interface UnitOptions {
  readonly deno: string;
  readonly root: string;
  readonly source?: string;
}

/** Where the service finds its settings and its token, and where the unit belongs. */
export const SETTINGS_FILE = "/etc/perch/camera.env";
export const TOKEN_FILE = "/etc/perch/token";
export const UNIT_FILE = "/etc/systemd/system/perch.service";

/** What is read where the picture is a camera's, and what drawing a pattern needs: a native library. */
const FOR_CAMERA = "--allow-read=/run/credentials";
const FOR_PATTERN = "--allow-read --allow-ffi --allow-sys=osRelease,cpus";

/** @param unit The text of `pi/perch-pi.service`. */
export function unitText(unit: string, { deno, root, source }: UnitOptions): string {
  return unit
    .replace("ExecStart=/usr/local/bin/deno", () => `ExecStart=${quoted(deno)}`)
    .replace("WorkingDirectory=/opt/perch", () => `WorkingDirectory=${root}`)
    .replace(FOR_CAMERA, source === "pattern" ? FOR_PATTERN : FOR_CAMERA);
}

/** What stands in the way of the service. One line each. */
export function unitProblems({ deno, root }: UnitOptions): string[] {
  const hidden = "lies in a home folder, which the service cannot see";
  const fixes = {
    [deno]: `sudo install ${deno} /usr/local/bin/deno`,
    [root]: "move it to /opt/perch",
  };
  return Object.entries(fixes).filter(([path]) => /^\/(home|root)\//.test(path))
    .map(([path, fix]) => `${path} ${hidden}: ${fix}`);
}

/** A word of a command line as systemd reads it. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(plain) ? JSON.stringify(plain) : plain;
}

interface InstallDeps {
  write(path: string, text: string, mode: number): Promise<void>;
  /** Runs a program to its end; undefined where it is missing. */
  ask(...command: string[]): Promise<Output | undefined>;
  print(line: string): void;
}

/** Readable by root only. */
const SECRET = 0o600;

/** Installs and starts the service; `settings` are those besides the token. @returns Whether it runs. */
export async function installService(
  { write, ask, print }: InstallDeps,
  unit: string,
  settings: readonly (readonly [name: string, value: string | undefined])[],
  token: string,
): Promise<boolean> {
  const lines = settings.map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await write(SETTINGS_FILE, lines.join(""), SECRET);
  await write(TOKEN_FILE, token, SECRET);
  await write(UNIT_FILE, unit, 0o644);
  for (const path of [SETTINGS_FILE, TOKEN_FILE, UNIT_FILE]) print(`wrote ${path}`);
  const steps = [["daemon-reload"], ["enable", "perch.service"], ["restart", "perch.service"]];
  for (const step of steps) {
    const output = await ask("systemctl", ...step);
    if (output?.code === 0) continue;
    const why = output ? output.stderr.join(" ") : "systemctl is not installed";
    print(`systemctl ${step.join(" ")} failed: ${why}`);
    return false;
  }
  print("the camera starts now and with every boot; its log: journalctl -fu perch");
  return true;
}

/** Writes a file, and the folder it is in; nobody else reads it before it has its mode. */
export async function writeFile(path: string, text: string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.remove(path).catch(() => {});
  await Deno.writeTextFile(path, text, { mode, createNew: true });
}
