// Checks of the camera. Pure.

import { shownAddress } from "../../shared/addresses.ts";
import type { SourceKind } from "../config.ts";
import type { Output } from "../output.ts";
import { explainExit } from "../source/explain.ts";
import type { CameraList } from "../source/rpicam.ts";
import { fail, type Finding, ok } from "./finding.ts";

/** What is known of the machine's cameras. */
export interface CameraFacts {
  readonly source: SourceKind;
  readonly input?: string;
  /** `PERCH_CAMERA`. */
  readonly camera?: number;
  /** Undefined where no rpicam program is installed. */
  readonly list?: CameraList;
  readonly usb: readonly string[];
  /** Of ffmpeg and v4l2-ctl. */
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
  if (source === "http") return ok(subject, "on the network, as PERCH_SOURCE says");
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

/** Whether another program holds the camera. */
export function cameraFree({ list }: CameraFacts): Finding {
  const subject = "camera in use";
  if (!list) return ok(subject, "nothing to ask");
  const busy = list.stderr.some((line) =>
    /in use by another process|failed to acquire|busy/i.test(line)
  );
  if (!busy) return ok(subject, "no");
  const { message } = explainExit(list.program, 1, list.stderr);
  return fail(
    subject,
    message,
    "sudo systemctl stop perch, or end what sudo fuser -v /dev/media* lists",
  );
}

/**
 * Whether this user may open cameras.
 *
 * @param groups What `id -nG` said.
 */
export function cameraPermission(
  groups: Output | undefined,
  list: CameraList | undefined,
): Finding {
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
