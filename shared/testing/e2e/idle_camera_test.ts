// While nobody watches the camera runs on or rests, as PERCH_IDLE_CAMERA says; the first viewer gets a
// picture of now either way.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { isRunning } from "../fake_rpicam/starts.ts";
import { startEdge, startPi } from "../processes.ts";
import { StreamViewer } from "../viewer.ts";
import { until } from "../wait.ts";

/** Runs the agent until it is idle, then lets a viewer come. */
async function wake(url: string, idleCamera: "keep" | "stop", transport: "put" | "ws") {
  await using fake = await installFakeRpicam();
  const cam = `${idleCamera}-${transport}`;
  await using pi = await startPi(url, {
    env: {
      // The camera takes as long to start as a real one: 0.8 s and 8 frames.
      ...fake.env(),
      PERCH_CAM: cam,
      PERCH_SOURCE: "rpicam-vid",
      PERCH_FPS: "10",
      PERCH_IDLE_CAMERA: idleCamera,
      PERCH_TRANSPORT: transport,
    },
  });
  await pi.line(/the edge has the first picture/);
  const [{ pid }] = fake.starts();
  if (idleCamera === "stop") await until("the camera to rest", () => !isRunning(pid));
  const ran = isRunning(pid);
  const cameAt = Date.now();
  await using viewer = new StreamViewer(() => `${url}/cams/${cam}/stream.mjpeg`);
  await viewer.until(({ at }) => at > cameAt);
  assert.deepEqual([ran, fake.starts().length], idleCamera === "keep" ? [true, 1] : [false, 2]);
  assert.equal((await pi.stop()).code, 0, pi.output);
}

Deno.test("a viewer wakes an idle camera, kept running or at rest, over put and ws", async () => {
  // From 300 s on nothing is asked between two pictures, and no viewer could wake the camera.
  await using edge = await startEdge({ env: { PERCH_IDLE_INTERVAL_S: "299" } });
  await Promise.all(
    (["keep", "stop"] as const).flatMap((idleCamera) =>
      (["put", "ws"] as const).map((transport) => wake(edge.url, idleCamera, transport))
    ),
  );
});
