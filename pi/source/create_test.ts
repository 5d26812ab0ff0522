import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { fakeLog } from "../../shared/testing/fake_log.ts";
import {
  installFakeRpicam,
  type InstallOptions,
} from "../../shared/testing/fake_rpicam/install.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TempDir } from "../../shared/testing/temp.ts";
import { parseConfig } from "../config.ts";
import { createSpawn, type Spawn } from "../process.ts";
import { systemConnect } from "../uploader/connection.ts";
import { createSource, createV4l2Ctl, findCamera, v4l2Command } from "./create.ts";
import type { FrameSource } from "./source.ts";

const nothing: Spawn = () => Promise.resolve({ kind: "missing" });

function create(env: Record<string, string>, spawn = nothing, { log } = fakeLog()): FrameSource {
  const edge = { PERCH_URL: "http://127.0.0.1", PERCH_TOKEN: "0123456789abcdef" };
  const parsed = parseConfig({ ...edge, ...env });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const deps = { clock: systemClock, log, spawn, connect: systemConnect };
  return createSource(deps, parsed.config, parsed.config.picture);
}

for (
  const [source, input, name] of [
    ["auto", "", "auto"],
    ["rpicam-vid", "", "rpicam-vid 1280x720 at 5 fps"],
    ["rpicam-still", "", "rpicam-still 1280x720 every 0.2 s"],
    ["ffmpeg", "rtsp://u:p@10.0.0.7/x", "ffmpeg rtsp://10.0.0.7/…"],
    ["v4l2-ctl", "/dev/video0", "v4l2-ctl /dev/video0"],
    ["http", "http://10.0.0.7/x.jpg", "http http://10.0.0.7/…"],
    ["pattern", "", "pattern 1280x720 at 5 fps"],
  ]
) {
  Deno.test(`PERCH_SOURCE=${source} is ${name}`, () => {
    assert.equal(create({ PERCH_SOURCE: source, PERCH_INPUT: input }).name, name);
  });
}

for (const [fps, program] of [["0.5", "rpicam-vid"], ["0.4", "rpicam-still"]]) {
  Deno.test(`auto takes ${program} for ${fps} frames a second`, async () => {
    await using fake = await installFakeRpicam();
    const spawn = createSpawn({ clock: systemClock, env: fake.env("init:0,shot:0") });
    const stop = new AbortController();
    const source = create({ PERCH_FPS: fps }, spawn);
    await source.run(stop.signal, () => stop.abort());
    assert.equal(fake.starts().at(-1)?.name, program);
    assert.ok(source.name.startsWith(program), source.name);
  });
}

Deno.test("what was found, and what it does nothing about, is said once, however often it rests", async () => {
  const log = fakeLog();
  let stop = new AbortController();
  const started: string[] = [];
  const spawn: Spawn = (command, signal, onBytes) => {
    if (/^(rpicam|libcamera)/.test(command[0])) return nothing(command, signal, onBytes);
    if (command[0] === "ls") onBytes(new TextEncoder().encode("usb-C270-video-index0\n"));
    started.push(command[0]);
    if (command.includes("-i")) stop.abort();
    return Promise.resolve({ kind: "exited", code: 0, stderr: [] });
  };
  const source = create({ PERCH_BRIGHTNESS: "0.1", PERCH_HFLIP: "true" }, spawn, log);
  for (let run = 0; run < 3; run++) {
    stop = new AbortController();
    await source.run(stop.signal, () => {});
  }
  assert.equal(source.name, "ffmpeg /dev/v4l/by-id/usb-C270-video-index0");
  assert.deepEqual(started, ["ls", "ffmpeg", "ffmpeg", "ffmpeg", "ffmpeg"]);
  assert.equal(log.lines.length, 2);
  assert.equal(log.lines[1], "PERCH_BRIGHTNESS: PERCH_SOURCE=ffmpeg does nothing about that");
});

interface Machine {
  readonly rpicam?: InstallOptions;
  /** Names in /dev/v4l/by-id. */
  readonly usb?: readonly string[];
  readonly ffmpeg?: boolean;
  readonly camera?: number;
}

/** What `auto` takes on a machine. */
async function found({ rpicam, usb, ffmpeg, camera }: Machine) {
  await using bin = new TempDir();
  const script = (name: string, text: string) =>
    Deno.writeTextFile(`${bin}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await script("ls", usb?.map((name) => `echo ${name}`).join("\n") ?? "exit 2");
  if (ffmpeg) await script("ffmpeg", "echo ffmpeg version 5");
  await using fake = rpicam ? await installFakeRpicam(rpicam) : undefined;
  const PATH = fake ? `${bin}:${fake.dir}:/bin` : String(bin);
  const spawn = createSpawn({ clock: systemClock, env: { ...fake?.env(), PATH } });
  return await findCamera(spawn, camera, new AbortController().signal);
}

const usb = ["usb-Logitech_C270-video-index0", "usb-Logitech_C270-video-index1", "pci-0000"];
const input = "/dev/v4l/by-id/usb-Logitech_C270-video-index0";
const instead = `found no camera on the Pi's own connector, but ${input}, read with`;

// deno-fmt-ignore
const MACHINES: readonly [what: string, Machine, Awaited<ReturnType<typeof found>>][] = [
  ["the Pi's own camera comes first", { rpicam: { cameras: "imx708" }, usb, ffmpeg: true }, { why: "found camera 0 (imx708) with rpicam-vid" }],
  ["a machine without the Pi's programs takes its USB camera, by a name that lasts", { usb, ffmpeg: true }, { why: `${instead} ffmpeg`, source: "ffmpeg", input }],
  ["a machine without ffmpeg reads it with v4l2-ctl", { usb }, { why: `${instead} v4l2-ctl`, source: "v4l2-ctl", input }],
  ["a Pi whose connector is empty takes its USB camera", { rpicam: { cameras: "none" }, usb, ffmpeg: true }, { why: `${instead} ffmpeg`, source: "ffmpeg", input }],
  ["a camera asked for by number is never replaced by another", { rpicam: {}, camera: 1, usb, ffmpeg: true }, { why: "rpicam-vid lists no camera 1, which PERCH_CAMERA asks for" }],
  ["a Pi with no camera at all lets the camera program say why", { rpicam: { cameras: "none" } }, { why: "rpicam-vid lists no camera" }],
];

for (const [what, machine, wanted] of MACHINES) {
  Deno.test(what, async () => assert.deepEqual(await found(machine), wanted));
}

Deno.test("no camera and no program is an error that says what to do, not a test pattern", () =>
  assert.rejects(found({}), {
    kind: "configuration",
    message: /no camera: .*apt install rpicam-apps-lite.*PERCH_SOURCE=pattern/,
  }));

const OPTIONS = {
  input: "/dev/v4l/by-id/usb-x-video-index0",
  fps: 5,
  width: 1280,
  height: 720,
  extraArgs: [],
};

Deno.test("the command line asks for the camera's own JPEGs on stdout", () => {
  assert.equal(
    v4l2Command(OPTIONS).join(" "),
    "v4l2-ctl -d /dev/v4l/by-id/usb-x-video-index0 " +
      "--set-fmt-video=width=1280,height=720,pixelformat=MJPG --set-parm=5 " +
      "--stream-mmap --stream-to=-",
  );
});

Deno.test("v4l2-ctl's frames come through their padding, and an unplugged camera is told as that", async () => {
  await using dir = new TempDir();
  await Deno.writeFile(`${dir}/frame`, await baseline());
  // Padded with zeros, as drivers do; then it fails.
  const script = `#!/bin/sh
cat ${dir}/frame; head -c 5000 /dev/zero; cat ${dir}/frame; head -c 5000 /dev/zero
echo 'VIDIOC_DQBUF: failed: No such device' >&2
exit 1
`;
  await Deno.writeTextFile(`${dir}/v4l2-ctl`, script, { mode: 0o755 });
  const env = { PATH: `${dir}:${Deno.env.get("PATH")}` };
  const source = createV4l2Ctl(createSpawn({ clock: systemClock, env }), OPTIONS);
  const splitter = new JpegSplitter();
  const frames: Uint8Array[] = [];
  const take = (chunk: Uint8Array) => void frames.push(...splitter.push(chunk));
  const told = {
    kind: "hardware",
    message: "there is nothing at PERCH_INPUT: is the camera plugged in?",
  };
  await assert.rejects(source.run(new AbortController().signal, take), told);
  assert.equal(frames.length, 2);
  for (const frame of frames) assert.ok(inspectJpeg(frame).ok);
});
