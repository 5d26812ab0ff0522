import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import { installFakeRpicam } from "../../shared/testing/fake_rpicam/install.ts";
import { parseConfig } from "../config.ts";
import { createSpawn, type Spawn } from "../process.ts";
import { systemConnect } from "../uploader/connection.ts";
import { createSource } from "./create.ts";
import type { FrameSource } from "./source.ts";

const silent = (_: string) => {};
const log: Log = { info: silent, warn: silent, error: silent };
const nothing: Spawn = () => Promise.resolve({ kind: "missing" });

function create(env: Record<string, string>, spawn = nothing, warn = silent): FrameSource {
  const parsed = parseConfig({
    PERCH_URL: "http://127.0.0.1",
    PERCH_TOKEN: "0123456789abcdef",
    ...env,
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const deps = { clock: systemClock, log: { ...log, warn }, spawn, connect: systemConnect };
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

Deno.test("what a USB camera that was found does nothing about is said once", async () => {
  const said: string[] = [];
  const stop = new AbortController();
  const spawn: Spawn = (command, _signal, onBytes) => {
    if (command[0].startsWith("rpicam") || command[0].startsWith("libcamera")) {
      return nothing([], stop.signal, onBytes);
    }
    if (command[0] === "ls") onBytes(new TextEncoder().encode("usb-C270-video-index0\n"));
    if (command.includes("-i")) stop.abort();
    return Promise.resolve({ kind: "exited", code: 0, stderr: [] });
  };
  const env = { PERCH_BRIGHTNESS: "0.1", PERCH_HFLIP: "true" };
  const source = create(env, spawn, (line) => said.push(line));
  await source.run(stop.signal, silent as () => void);
  assert.deepEqual(said, ["PERCH_BRIGHTNESS: PERCH_SOURCE=ffmpeg does nothing about that"]);
});
