// The sender for machines without Deno: a shell, the camera's own program and curl, against the edge.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { RunningProgram, startEdge, TEST_TOKEN } from "../processes.ts";
import { serve } from "../serve.ts";
import { toolTest } from "../tools.ts";
import { TempDir } from "../temp.ts";
import { until } from "../wait.ts";

function startSender(env: Record<string, string>): RunningProgram {
  return new RunningProgram("send.sh", "sh", ["pi/send.sh"], { env });
}

/** What a sender whose camera gives no picture says until a line matches. */
async function said(pattern: RegExp, env: Record<string, string>): Promise<RunningProgram> {
  const nothing = { PERCH_TOKEN: TEST_TOKEN, PERCH_COMMAND: "printf nothing" };
  await using sender = startSender({ ...nothing, ...env });
  await sender.line(pattern);
  await sender.stop();
  return sender;
}

toolTest(
  ["curl"],
  "send.sh sends the camera's pictures and keeps to the edge's interval",
  async () => {
    await using fake = await installFakeRpicam();
    await using edge = await startEdge({ env: { PERCH_IDLE_INTERVAL_S: "1" } });
    await using sender = startSender({
      ...fake.env("init:0,shot:0"),
      PERCH_URL: `${edge.url}/`,
      PERCH_TOKEN: TEST_TOKEN,
      PERCH_CAM: "shed",
    });
    await sender.line(/^sending to .*\/cams\/shed\/live\.jpeg$/);
    const first = await fetch(`${edge.url}/cams/shed/live.jpeg`);
    const seen = inspectJpeg(await first.bytes());
    assert(seen.ok);
    assert.deepEqual([seen.width, seen.height, seen.extras], [1280, 720, []]);
    const etag = first.headers.get("etag")!;
    await until("another picture", async () => {
      const headers = { "if-none-match": etag };
      const next = await fetch(`${edge.url}/cams/shed/live.jpeg?wait=20`, { headers });
      await next.body?.cancel();
      return next.status === 200 && next.headers.get("etag") !== etag;
    });
    assert.equal((await sender.stop()).code, 143);
    assert.equal(sender.lines.filter((line) => line.startsWith("sending")).length, 1);
  },
);

toolTest(
  ["curl"],
  "send.sh says what is wrong once, goes on, and shows its token to nobody",
  async () => {
    await using edge = await startEdge();
    const PERCH_URL = edge.url;
    const stranger = { PERCH_URL, PERCH_TOKEN: "a-token-the-edge-does-not-know" };
    const { output } = await said(
      /^the edge refuses this camera \(401\): check PERCH_URL, PERCH_TOKEN/,
      stranger,
    );
    assert.doesNotMatch(output, /does-not-know/);
    await said(/^the edge did not take the picture \(400\): Not a whole JPEG: .*6E 6F 74/, {
      PERCH_URL,
    });
    await said(/\(404\): check .*PERCH_CAM: Camera id Shed: wanted 1 to 32 of a-z/, {
      PERCH_URL,
      PERCH_CAM: "Shed",
    });
    await said(/^the edge cannot be reached: curl: \(7\)/, { PERCH_URL: "http://127.0.0.1:1" });
  },
);

toolTest(["curl"], "send.sh keeps to no interval that is none", async () => {
  await using bin = new TempDir();
  // Says how long it would sleep.
  const script = `#!/bin/sh\necho "$1" >>${bin}/slept\nexec /bin/sleep 0.1\n`;
  await Deno.writeTextFile(`${bin}/sleep`, script, { mode: 0o755 });
  const intervals = ["08", "99999999999999999999999", "0", "5000000", "2000"];
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  await using server = serve(() => {
    if (asked >= intervals.length) resolve();
    return new Response(null, {
      status: 204,
      headers: { "perch-interval": intervals[Math.min(asked++, intervals.length - 1)] },
    });
  });
  await using sender = startSender({
    PATH: `${bin}:${Deno.env.get("PATH")}`,
    PERCH_URL: server.url,
    PERCH_TOKEN: TEST_TOKEN,
    PERCH_COMMAND: "printf x",
  });
  await Promise.race([promise, sender.ended()]);
  await sender.stop();
  const slept = (await Deno.readTextFile(`${bin}/slept`)).trim().split("\n");
  assert.deepEqual(slept.slice(0, 5), ["1", "3600", "1", "3600", "2"]);
});

toolTest(["curl"], "send.sh lets no edge write its lines or to its terminal", async () => {
  const detail = "\u001b[31mred\\n2026 forged\\033[0m";
  await using server = serve(() =>
    new Response(`{"status":400,"detail":"${detail}"}`, { status: 400 })
  );
  const sender = await said(/^the edge did not take the picture \(400\)/, {
    PERCH_URL: server.url,
  });
  assert.deepEqual(sender.lines.filter((line) => line.startsWith("2026")), []);
  assert.equal(sender.output.includes("\u001b"), false, sender.output);
});

toolTest(["curl"], "send.sh refuses to start without address, token or camera", async () => {
  await using empty = startSender({});
  assert.equal((await empty.ended()).code, 2);
  assert.match(empty.output, /^PERCH_URL: got nothing/);
  await using blind = startSender({ PERCH_URL: "http://127.0.0.1:1", PERCH_TOKEN: TEST_TOKEN });
  assert.equal((await blind.ended()).code, 2);
  assert.match(blind.output, /^PERCH_COMMAND: got nothing and found no rpicam-still/);
});
