// What the programs and libcamera say on stderr.

import { type Camera, idOf } from "./cameras.ts";
import type { Settings } from "./settings.ts";

const encoder = new TextEncoder();

export function say(line: string): void {
  Deno.stderr.writeSync(encoder.encode(line + "\n"));
}

/** A line as libcamera writes it. */
export function libcamera(level: "INFO" | "WARN" | "ERROR", text: string): void {
  const seconds = performance.now() / 1000 + 12;
  const time = `0:00:${seconds.toFixed(9).padStart(12, "0")}`;
  say(`[${time}] [${Deno.pid}] ${level.padStart(5)} ${text}`);
}

export function banner(settings: Settings, camera: Camera): void {
  if (settings.verbose === 0) return;
  const id = idOf(camera);
  const sensor = `${id.split("/").pop()} - Selected sensor format: 1640x1232-SRGGB10_1X10/RAW`;
  const mode = (settings.mode || `${settings.width}:${settings.height}:12:P`).toUpperCase();
  const [width, height, bits = "12", packing = "P"] = mode.split(":");
  libcamera("INFO", "Camera camera_manager.cpp:340 libcamera v0.7.1+rpt20260429");
  libcamera(
    "INFO",
    `RPI vc4.cpp:445 Registered camera ${id} to Unicam device /dev/media3 and ISP device /dev/media0`,
  );
  libcamera(
    "INFO",
    "RPI pipeline_base.cpp:1123 Using configuration file '/usr/share/libcamera/pipeline/rpi/vc4/rpi_apps.yaml'",
  );
  if (settings.preview) say("Preview window unavailable");
  say(`Mode selection for ${width}:${height}:${bits}:${packing}(${settings.framerate})`);
  for (const [, size, fps] of camera.matchAll(/(\d+x\d+) \[(.+) fps/g)) {
    say(`    SRGGB10_CSI2P,${size}/${fps} - Score: ${Number(fps) * 10}`);
  }
  say("Stream configuration adjusted");
  const streams =
    `(0) ${settings.width}x${settings.height}-YUV420/sYCC (1) ${width}x${height}-SRGGB10_CSI2P/RAW`;
  libcamera("INFO", `Camera camera.cpp:1216 configuring streams: ${streams}`);
  libcamera(
    "INFO",
    `RPI vc4.cpp:620 Sensor: ${sensor} - Selected unicam format: 1640x1232-pRAA/RAW`,
  );
}

/** What a camera that no longer answers looks like, once a second. */
export function deviceTimeout(settings: Settings): void {
  if (settings.verbose > 0) {
    libcamera(
      "WARN",
      "V4L2 v4l2_videodevice.cpp:2150 /dev/video0[12:cap]: Dequeue timer of 1000000.00us has expired!",
    );
    libcamera(
      "ERROR",
      "RPI pipeline_base.cpp:1350 Camera frontend has timed out! Please check that your camera sensor connector is attached securely.",
    );
  }
  say("ERROR: Device timeout detected, attempting a restart!!!");
}
