// `deno task lan` does what a Flask server with Picamera2 on the same Pi did: one command, the stream
// at the root, its health, and its tunables reaching the camera.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { healthLine, RunningProgram } from "../processes.ts";
import { StreamViewer } from "../viewer.ts";

Deno.test("lan serves the Pi's own camera: stream at the root, health, and every tunable", async () => {
  await using camera = await installFakeRpicam();
  await using lan = new RunningProgram("lan", Deno.execPath(), ["task", "lan"], {
    env: {
      ...camera.env(),
      NO_COLOR: "1",
      PORT: "0",
      PERCH_FPS: "4",
      PERCH_QUALITY: "70",
      PERCH_STALL_S: "5",
      PERCH_WIDTH: "640",
      PERCH_HEIGHT: "480",
      PERCH_BRIGHTNESS: "0.1",
    },
    group: true,
  });
  const [, url] = await lan.line(/on this machine\s+(http:\S+)/);

  await using viewer = new StreamViewer(() => `${url}stream.mjpeg`);
  const inspection = inspectJpeg((await viewer.more(3)).jpeg);
  assert.ok(inspection.ok);
  assert.deepEqual([inspection.width, inspection.height], [640, 480]);

  // What an <img src="http://pi/"> asks with.
  const controller = new AbortController();
  const image = await fetch(url, {
    headers: { accept: "image/avif,image/webp,image/*,*/*;q=0.8" },
    signal: controller.signal,
  });
  assert.match(image.headers.get("content-type")!, /^multipart\/x-mixed-replace; *boundary=/);
  controller.abort();

  assert.equal(await healthLine(url.slice(0, -1)), "ok");

  const [{ args }] = camera.starts();
  const line = args.join(" ");
  for (
    const wanted of ["--width 640", "--height 480", "-q 70", "--framerate 4", "--brightness 0.1"]
  ) {
    assert.ok(line.includes(wanted), `${wanted} in ${line}`);
  }
  assert.equal((await lan.stop("SIGINT")).code, 0, lan.output);
});
