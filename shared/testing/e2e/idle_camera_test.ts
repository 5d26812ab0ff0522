// While nobody watches the camera runs on or rests, as PERCH_IDLE_CAMERA says; the first viewer gets a
// picture of now soon either way.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { isRunning } from "../fake_rpicam/starts.ts";
import { startEdge, startPi } from "../processes.ts";
import { StreamViewer } from "../viewer.ts";
import { until } from "../wait.ts";

/** Runs the agent until it is idle, then lets a viewer come. */
async function wake(
  idleCamera: "keep" | "stop",
  transport: "put" | "ws",
): Promise<{ ran: boolean; wokeMs: number; starts: number }> {
  await using fake = await installFakeRpicam();
  // From 300 s on nothing is asked between two pictures, and no viewer could wake the camera.
  await using edge = await startEdge({ env: { PERCH_IDLE_INTERVAL_S: "299" } });
  await using pi = await startPi(edge.url, {
    env: {
      // The camera takes as long to start as a real one: 0.8 s and 8 frames.
      ...fake.env(),
      PERCH_SOURCE: "rpicam-vid",
      PERCH_FPS: "10",
      PERCH_IDLE_CAMERA: idleCamera,
      PERCH_TRANSPORT: transport,
    },
  });
  await until("a first picture", async () => {
    const { version } = await (await fetch(`${edge.url}/status.json`)).json();
    return version !== undefined;
  });
  const [{ pid }] = fake.starts();
  if (idleCamera === "stop") await until("the camera to rest", () => !isRunning(pid));
  const ran = isRunning(pid);
  const cameAt = Date.now();
  await using viewer = new StreamViewer(() => `${edge.url}/stream.mjpeg`);
  const seen = await viewer.until(({ at }) => at > cameAt);
  const starts = fake.starts().length;
  assert.equal((await pi.stop()).code, 0, pi.output);
  return { ran, wokeMs: seen.seenAt - cameAt, starts };
}

for (const transport of ["put", "ws"] as const) {
  Deno.test(`over ${transport}, an idle camera that is kept running shows now within 1 s`, async () => {
    const { ran, wokeMs, starts } = await wake("keep", transport);
    assert.deepEqual([ran, starts], [true, 1]);
    assert.ok(wokeMs < 1000, `${wokeMs} ms`);
  });

  Deno.test(`over ${transport}, an idle camera that rests shows now within 3 s`, async () => {
    const { ran, wokeMs, starts } = await wake("stop", transport);
    assert.deepEqual([ran, starts], [false, 2]);
    assert.ok(wokeMs < 3000, `${wokeMs} ms`);
  });
}
