// The agent with the rights its service has, no more: a camera's pictures reach the edge.

import assert from "node:assert/strict";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { isRunning } from "../fake_rpicam/starts.ts";
import { ROOT, RunningProgram, startEdge, startPi, TEST_TOKEN } from "../processes.ts";
import { until } from "../wait.ts";

Deno.test("the service's few rights are enough for a camera, and its log has priorities", async () => {
  await using fake = await installFakeRpicam();
  await using edge = await startEdge();
  const unit = await Deno.readTextFile(`${ROOT}pi/perch-pi.service`);
  const args = /^ExecStart=\S+ (.*)$/m.exec(unit)![1].split(" ");
  assert.ok(args.includes("--allow-read=/run/credentials") && !args.includes("--allow-ffi"));
  await using pi = new RunningProgram("service", Deno.execPath(), args, {
    env: {
      ...fake.env("init:0"),
      JOURNAL_STREAM: "8:12345",
      PERCH_URL: edge.url,
      PERCH_TOKEN: TEST_TOKEN,
    },
  });
  await pi.line(/^<6>found camera 0 \(imx219\) with rpicam-vid$/);
  await pi.line(/^<6>the camera is running: rpicam-vid 1280x720 at 5 fps$/);
  await pi.line(/the edge has the first picture/);
  assert.equal((await pi.stop()).code, 0, pi.output);
  assert.doesNotMatch(pi.output, /NotCapable|Requires/);
});

Deno.test("an agent that is killed without warning leaves no camera program behind", async () => {
  await using fake = await installFakeRpicam();
  await using pi = await startPi("http://127.0.0.1:1", {
    env: { ...fake.env("init:0"), PERCH_SOURCE: "rpicam-vid" },
  });
  await pi.line(/the camera is running/);
  const [{ pid }] = fake.starts();
  assert.ok(isRunning(pid));
  await pi.stop("SIGKILL");
  await until("the end of the camera program", () => !isRunning(pid));
});

Deno.test("a signal that is heard twice at once, as Ctrl-C under a task, still ends in order", async () => {
  await using fake = await installFakeRpicam();
  await using pi = await startPi("http://127.0.0.1:1", {
    env: { ...fake.env("init:0"), PERCH_SOURCE: "rpicam-vid" },
  });
  await pi.line(/the camera is running/);
  const [{ pid }] = fake.starts();
  pi.kill("SIGTERM");
  pi.kill("SIGINT");
  assert.equal((await pi.ended()).code, 0, pi.output);
  assert.match(pi.output, /stopped$/);
  assert.ok(!isRunning(pid));
});
