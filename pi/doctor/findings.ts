// What each check of the machine, its camera and the way to the edge finds. Pure: what the programs
// said comes in, a finding goes out.

import { shownAddress } from "../../shared/addresses.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import type { SourceKind } from "../config.ts";
import type { Output } from "../process.ts";
import { explainExit } from "../source/command.ts";
import type { CameraList } from "../source/rpicam.ts";
import type { UploadResult } from "../uploader/transport.ts";

export interface Finding {
  /** `warn` works today, `fail` gives no picture. */
  readonly grade: "ok" | "warn" | "fail";
  readonly subject: string;
  readonly found: string;
  /** What to do about it; for everything but `ok`. */
  readonly fix?: string;
}

export const ok = (subject: string, found: string): Finding => ({ grade: "ok", subject, found });

type Trouble = (subject: string, found: string, fix: string) => Finding;

export const warn: Trouble = (subject, found, fix) => ({ grade: "warn", subject, found, fix });

export const fail: Trouble = (subject, found, fix) => ({ grade: "fail", subject, found, fix });

export function formatFinding({ grade, subject, found, fix }: Finding): string[] {
  const lines = [`${grade.padEnd(6)}${subject.padEnd(18)}${found}`];
  if (fix) lines.push(`${" ".repeat(24)}-> ${fix}`);
  return lines;
}

interface CameraFacts {
  readonly source: SourceKind;
  readonly input?: string;
  readonly camera?: number;
  /** Undefined where no rpicam program is installed. */
  readonly list?: CameraList;
  readonly usb: readonly string[];
  readonly installed: readonly string[];
}

const INSTALL = "sudo apt install rpicam-apps-lite";
const NO_CAMERA = "switch off, push the ribbon cable in at both ends (a Pi 5 needs the 22-pin " +
  "cable), and see that /boot/firmware/config.txt says camera_auto_detect=1; then " +
  "rpicam-hello --list-cameras must list it";

/** Whether there is a camera where the settings look for one. */
export function cameraFound(facts: CameraFacts): Finding {
  const { source, list, usb, installed } = facts;
  const input = shownAddress(facts.input ?? "");
  const subject = "camera";
  if (source === "pattern") return ok(subject, "a test pattern, as PERCH_SOURCE says");
  if (source === "ffmpeg" || source === "v4l2-ctl") {
    if (!installed.includes(source)) {
      const name = source === "ffmpeg" ? "ffmpeg" : "v4l-utils";
      return fail(subject, `${source} is not installed`, `sudo apt install ${name}`);
    }
    if (!input.startsWith("/dev/") || usb.includes(input)) return ok(subject, `${input || source}`);
    if (usb.length === 0) {
      return fail(subject, "no USB camera", "plug it in, then lsusb must list it");
    }
    return ok(subject, `${input}; a name that survives replugging: ${usb[0]}`);
  }
  if (list && list.cameras.length > 0) {
    const names = list.cameras.map(({ index, model, width, height }) =>
      `${index}: ${model} ${width}x${height}`
    );
    const found = `${names.join(", ")} (${list.program})`;
    const { camera = 0 } = facts;
    if (list.cameras.some(({ index }) => index === camera)) return ok(subject, found);
    return fail(subject, `${found}, none is ${camera}`, "set PERCH_CAMERA to one that is listed");
  }
  if (source === "auto" && usb.length > 0 && installed.length > 0) {
    return ok(subject, `${usb[0]} (${installed[0]})`);
  }
  if (list) return fail(subject, `${list.program} lists none`, NO_CAMERA);
  return fail(subject, "neither rpicam-vid nor libcamera-vid is installed", INSTALL);
}

/** @param problem Why a camera on the network gave no picture. */
export function networkCamera(picture: Uint8Array | undefined, problem = "no answer"): Finding {
  const subject = "camera";
  if (!picture) {
    const fix = 'what that means is in pi/README.md, under "When there is no picture"';
    return fail(subject, problem, fix);
  }
  const seen = inspectJpeg(picture);
  if (!seen.ok) return fail(subject, `its picture is broken: ${seen.problem}`, "restart it");
  const kilobytes = Math.ceil(picture.length / 1000);
  return ok(subject, `on the network: ${seen.width}x${seen.height}, ${kilobytes} KB a picture`);
}

export function cameraFree({ list }: CameraFacts): Finding {
  const subject = "camera in use";
  if (!list) return ok(subject, "nothing to ask");
  const busy = /in use by another process|failed to acquire|busy/i.test(list.stderr.join("\n"));
  if (!busy) return ok(subject, "no");
  const { message } = explainExit(list.program, 1, list.stderr);
  const fix = "sudo systemctl stop perch, or end what sudo fuser -v /dev/media* lists";
  return fail(subject, message, fix);
}

/** @param groups What `id -nG` said. */
export function cameraPermission(groups?: Output, list?: CameraList): Finding {
  const subject = "permissions";
  const denied = list?.stderr.some((line) => /dmaHeap|permission denied/i.test(line)) ?? false;
  const names = (groups?.stdout ?? "").trim().split(/\s+/);
  const member = names.includes("video") || names.includes("root");
  if (member && !denied) return ok(subject, `groups ${names.join(" ")}`);
  if (!member) {
    return fail(
      subject,
      `this user is not in the group video (${names.join(" ")})`,
      "sudo usermod -aG video $USER, then sign in again",
    );
  }
  return fail(
    subject,
    "the camera program may not open /dev/dma_heap",
    'put SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660" into /etc/udev/rules.d/60-dma-heap.rules ' +
      "and reboot",
  );
}

/**
 * The oldest Deno that is tried. Child processes leak before 2.7.13 (deno#33335), and 2.8.3 to 2.9.5
 * close the connection after each upload (deno#36657).
 */
const MIN_DENO = "2.9.6";

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
  if (version.localeCompare(MIN_DENO, "en", { numeric: true }) >= 0) return ok("Deno", version);
  return fail("Deno", version, `install ${MIN_DENO} or newer: deno upgrade`);
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

/** What `iw dev` said, and by name what `iw dev <name> get power_save` did. */
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

/** What an answer of the edge, which took so many ms, says about address and token. */
export function edgeFindings(url: string, result: UploadResult, ms: number): Finding[] {
  const took = `${url} answers in ${Math.round(ms)} ms`;
  const known = result.kind === "refused" && (result.status === 401 || result.status === 403);
  if (result.kind === "accepted" || known) {
    const reached = ms > 1500
      ? warn("edge", took, "a slow way to the edge: pictures come late, or not at all")
      : ok("edge", took);
    if (!known) return [reached, ok("token", "accepted")];
    const fix = "PERCH_TOKEN here must be one of PERCH_PUBLISH_TOKENS there, for this PERCH_CAM";
    return [reached, fail("token", `${result.status} ${result.detail}`, fix)];
  }
  if (result.kind === "failed") {
    const fix = /certificate/.test(result.detail)
      ? "the edge needs a certificate for its name in PERCH_URL; one of your own goes in by DENO_CERT=<file>"
      : "check PERCH_URL and this machine's network";
    return [fail("edge", `${url}: ${result.detail}`, fix)];
  }
  const { status, detail } = result;
  return [fail("edge", `${url}: ${status} ${detail}`, "is PERCH_URL the address of a Perch edge?")];
}
