// Checks of the computer itself. Pure: what the programs said comes in, a finding goes out.

import type { Output } from "../output.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/**
 * The oldest Deno that is tried. Child processes leak before 2.7.13 (deno#33335), and 2.8.3 to 2.9.5
 * close the connection after each upload (deno#36657).
 */
export const MIN_DENO = "2.9.6";

/** @param arch As `Deno.build.arch` names it. */
export function architecture(arch: string): Finding {
  return ok("architecture", `${arch}, 64 bits`);
}

/** @param text What `getconf PAGESIZE` said. */
export function pageSize(text: string | undefined): Finding {
  const bytes = Number(text);
  if (!bytes) return ok("page size", "not known here");
  if (bytes === 4096) return ok("page size", "4096 bytes");
  return warn(
    "page size",
    `${bytes} bytes, as the Pi 5 has by default`,
    "if Deno ever ends with a segmentation fault, put kernel=kernel8.img into " +
      "/boot/firmware/config.txt and reboot (denoland/deno#36282)",
  );
}

/** @param version As `Deno.version.deno` tells it. */
export function denoVersion(version: string): Finding {
  if (compareVersions(version, MIN_DENO) >= 0) return ok("Deno", version);
  return fail("Deno", version, `install ${MIN_DENO} or newer: deno upgrade`);
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : left[at] - right[at];
}

/** What each bit of `vcgencmd get_throttled` means; 16 higher: since the last start. */
const THROTTLED: readonly string[] = [
  "the voltage is too low",
  "the clock is capped",
  "the processor is throttled",
  "the processor is too hot",
];

const THROTTLED_FIX = "use the power supply made for this Pi, a short cable, and a heat sink";

/** @param output What `vcgencmd get_throttled` said; undefined where it is not installed. */
export function throttling(output: Output | undefined): Finding {
  const subject = "power and heat";
  const match = /throttled=0x([0-9a-f]+)/i.exec(output?.stdout ?? "");
  if (!match) return ok(subject, "no vcgencmd here: nothing to ask");
  const bits = parseInt(match[1], 16);
  const named = (shift: number) => THROTTLED.filter((_, bit) => bits >> shift + bit & 1);
  const now = named(0);
  if (now.length > 0) return fail(subject, `now ${now.join(", ")}`, THROTTLED_FIX);
  const before = named(16);
  if (before.length === 0) return ok(subject, "no trouble since the last start");
  return warn(subject, `at some time since the last start ${before.join(", ")}`, THROTTLED_FIX);
}

/** @param output What `timedatectl show -p NTPSynchronized --value` said. */
export function clockSynced(output: Output | undefined): Finding {
  const answer = output?.stdout.trim();
  if (answer === "yes") return ok("clock", "set by the network");
  if (answer !== "no") return ok("clock", "not known here whether it is set by the network");
  return warn(
    "clock",
    "not set by the network yet",
    "frames carry a wrong time until it is, nothing else: sudo timedatectl set-ntp true",
  );
}

/**
 * @param devices What `iw dev` said.
 * @param powerSave What `iw dev <name> get power_save` said, by name.
 */
export function wifiPowerSave(
  devices: Output | undefined,
  powerSave: ReadonlyMap<string, Output | undefined>,
): Finding {
  const subject = "Wi-Fi power save";
  if (!devices) return ok(subject, "no iw here: nothing to ask");
  const on = [...powerSave].filter(([, output]) => /power save: on/i.test(output?.stdout ?? ""));
  if (powerSave.size === 0) return ok(subject, "no Wi-Fi");
  if (on.length === 0) return ok(subject, "off");
  return warn(
    subject,
    `on (${on.map(([name]) => name).join(", ")}): each picture may take 2 s longer`,
    "sudo nmcli connection modify <name> 802-11-wireless.powersave 2, then reconnect",
  );
}

/** The names in what `iw dev` said. */
export function wifiNames(output: Output | undefined): string[] {
  return [...(output?.stdout ?? "").matchAll(/^\s*Interface (\S+)/gm)].map(([, name]) => name);
}
