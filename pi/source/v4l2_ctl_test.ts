import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { createSpawn } from "../process.ts";
import { SourceError } from "./source.ts";
import { createV4l2Ctl, v4l2Command } from "./v4l2_ctl.ts";

const OPTIONS = {
  device: "/dev/v4l/by-id/usb-x-video-index0",
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

/** A stand-in that writes frames padded with zeros, as drivers do, then fails. */
async function withCamera(test: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  await Deno.writeFile(`${dir}/frame`, await baseline());
  const script = `#!/bin/sh
cat ${dir}/frame; head -c 5000 /dev/zero; cat ${dir}/frame; head -c 5000 /dev/zero
echo 'VIDIOC_DQBUF: failed: No such device' >&2
exit 1
`;
  await Deno.writeTextFile(`${dir}/v4l2-ctl`, script, { mode: 0o755 });
  try {
    await test(`${dir}:${Deno.env.get("PATH")}`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("frames come through their padding, and an unplugged camera is told as that", () =>
  withCamera(async (PATH) => {
    const spawn = createSpawn({ clock: systemClock, env: { PATH } });
    const splitter = new JpegSplitter();
    const frames: Uint8Array[] = [];
    const source = createV4l2Ctl(spawn, OPTIONS);
    const running = source.run(
      new AbortController().signal,
      (chunk) => frames.push(...splitter.push(chunk)),
    );
    await assert.rejects(running, (error) => {
      assert.ok(error instanceof SourceError);
      assert.equal(error.kind, "hardware");
      assert.match(error.message, /plugged in/);
      return true;
    });
    assert.equal(frames.length, 2);
    for (const frame of frames) assert.ok(inspectJpeg(frame).ok);
  }));
