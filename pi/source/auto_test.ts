// What `auto` finds, on machines made of small shell scripts and the fake camera programs.

import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import {
  installFakeRpicam,
  type InstallOptions,
} from "../../shared/testing/fake_rpicam/install.ts";
import { createSpawn } from "../process.ts";
import { createAuto } from "./auto.ts";
import { type FrameSource, SourceError } from "./source.ts";

interface Machine {
  readonly rpicam?: InstallOptions;
  /** Names in /dev/v4l/by-id. */
  readonly usb?: readonly string[];
  readonly ffmpeg?: boolean;
  readonly camera?: number;
}

/** Runs `auto` on a machine. Returns what it started and what it said. */
async function choose(machine: Machine, runs = 1): Promise<{ started: string[]; said: string[] }> {
  const bin = await Deno.makeTempDir();
  const script = (name: string, text: string) =>
    Deno.writeTextFile(`${bin}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const listing = machine.usb?.map((name) => `echo ${name}`).join("\n") ?? "exit 2";
  await script("ls", listing);
  if (machine.ffmpeg) await script("ffmpeg", "echo ffmpeg version 5");
  await using fake = machine.rpicam ? await installFakeRpicam(machine.rpicam) : undefined;
  const PATH = fake ? `${bin}:${fake.dir}:/bin` : bin;
  const spawn = createSpawn({ clock: systemClock, env: { ...fake?.env("init:0"), PATH } });
  const started: string[] = [];
  const said: string[] = [];
  const note = (message: string) => void said.push(message);
  const log: Log = { info: note, warn: note, error: note };
  const stub = (name: string): FrameSource => ({
    name,
    run: () => {
      started.push(name);
      return Promise.resolve();
    },
  });
  const auto = createAuto({
    spawn,
    log,
    camera: machine.camera,
    rpicam: () => stub("rpicam"),
    usb: (device, program) => stub(`${program} ${device}`),
  });
  try {
    for (let n = 0; n < runs; n++) await auto.run(new AbortController().signal, () => {});
    assert.equal(auto.name, started.at(-1));
  } finally {
    await Deno.remove(bin, { recursive: true });
  }
  return { started, said };
}

const USB = ["usb-Logitech_C270-video-index0", "usb-Logitech_C270-video-index1", "pci-0000"];

Deno.test("the Pi's own camera comes first, and why is said in one line", async () => {
  assert.deepEqual(await choose({ rpicam: { cameras: "imx708" }, usb: USB, ffmpeg: true }), {
    started: ["rpicam"],
    said: ["found camera 0 (imx708) with rpicam-vid"],
  });
});

Deno.test("a machine without the Pi's programs takes its USB camera, by a name that lasts", async () => {
  const device = "/dev/v4l/by-id/usb-Logitech_C270-video-index0";
  const { started, said } = await choose({ usb: USB, ffmpeg: true });
  assert.deepEqual(started, [`ffmpeg ${device}`]);
  assert.match(
    said[0],
    /no camera on the Pi's own connector, but .*C270-video-index0, read with ffmpeg/,
  );
  assert.deepEqual((await choose({ usb: USB })).started, [`v4l2-ctl ${device}`]);
});

Deno.test("a Pi whose connector is empty takes its USB camera", async () => {
  const { started } = await choose({ rpicam: { cameras: "none" }, usb: USB, ffmpeg: true });
  assert.match(started[0], /^ffmpeg/);
});

Deno.test("a camera asked for by number is never replaced by another", async () => {
  assert.deepEqual(await choose({ rpicam: {}, camera: 1, usb: USB, ffmpeg: true }), {
    started: ["rpicam"],
    said: ["rpicam-vid lists no camera 1, which PERCH_CAMERA asks for"],
  });
});

Deno.test("a Pi with no camera at all lets the camera program say why", async () => {
  assert.deepEqual(await choose({ rpicam: { cameras: "none" } }), {
    started: ["rpicam"],
    said: ["rpicam-vid lists no camera"],
  });
});

Deno.test("no camera and no program is an error that says what to do, not a test pattern", async () => {
  await assert.rejects(choose({}), (error) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.kind, "configuration");
    assert.match(error.message, /no camera: .*apt install rpicam-apps-lite.*PERCH_SOURCE=pattern/);
    return true;
  });
});

Deno.test("what was found is said once, however often it rests", async () => {
  const { started, said } = await choose({ rpicam: {} }, 3);
  assert.deepEqual(started, ["rpicam", "rpicam", "rpicam"]);
  assert.equal(said.length, 1);
});
