// Puts the service on this machine: unit, settings, token, and starts it. Run as root.

import type { Output } from "./output.ts";
import { SETTINGS_FILE, TOKEN_FILE, UNIT_FILE, type UnitOptions, unitText } from "./systemd.ts";

/** What installing needs from outside. */
export interface InstallDeps {
  /** Writes a file, and the folder it is in. */
  write(path: string, text: string, mode: number): Promise<void>;
  /** Runs a program to its end; undefined where it is missing. */
  ask(...command: string[]): Promise<Output | undefined>;
  print(line: string): void;
}

/** Readable by root only. */
const SECRET = 0o600;

/**
 * Installs and starts the service.
 *
 * @param settings What is set besides the token.
 * @returns Whether it runs.
 */
export async function installService(
  { write, ask, print }: InstallDeps,
  unit: UnitOptions,
  settings: readonly (readonly [name: string, value: string | undefined])[],
  token: string,
): Promise<boolean> {
  const lines = settings.map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await write(SETTINGS_FILE, lines.join(""), SECRET);
  await write(TOKEN_FILE, token, SECRET);
  await write(UNIT_FILE, unitText(unit), 0o644);
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
