// The edge on the oldest Deno that a host is known to run: Deno Deploy's documentation names 2.5.0.

import assert from "node:assert/strict";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../wire_frame.ts";
import { SocketClient } from "../clients.ts";
import { baseline } from "../jpegs.ts";
import { putFrame, startEdge, TEST_TOKEN } from "../processes.ts";
import { skippedTest } from "../tools.ts";

const OLDEST = "2.5.0";

/** The program as npm has it; undefined where that cannot be reached. */
async function oldDeno(): Promise<string | undefined> {
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const name = `npm:@deno/linux-${arch}-glibc@${OLDEST}`;
  const code = `await import("${name}/package.json", { with: { type: "json" } });
    console.log(new URL(import.meta.resolve("${name}/deno")).pathname);`;
  // The lock file holds what the project runs with, not what it is tried on.
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", code],
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

/** The first bytes of an answer without end. */
async function beginning(url: string): Promise<string> {
  const { status, body } = await fetch(url);
  assert.equal(status, 200, url);
  const reader = body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder("latin1").decode(value);
}

const name = `page, streams and sockets work on Deno ${OLDEST}`;
const deno = await oldDeno();
if (deno === undefined) skippedTest(name, "npm is out of reach", tryIt);
else Deno.test(name, tryIt);

async function tryIt(): Promise<void> {
  assert.ok(deno);
  await using edge = await startEdge({ deno });
  const jpeg = await baseline(64, 48);
  assert.equal((await putFrame(edge.url, jpeg)).status, 204);

  const page = await fetch(edge.url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<canvas/);
  assert.match(await beginning(`${edge.url}/stream.mjpeg`), /^--perch-/);
  assert.match(await beginning(`${edge.url}/live.stream`), /"type":"hello"/);

  const message = new Uint8Array(FRAME_HEADER_BYTES + jpeg.length);
  writeFrameHeader(message, { camera: 0, version: 1, capturedAt: 0, receivedAt: 0 });
  message.set(jpeg, FRAME_HEADER_BYTES);
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };
  const camera = new SocketClient(`${edge.url}/publish?session=a`, headers);
  await camera.text("demand");
  camera.socket.send(message);
  await camera.text("ack");
  await camera.close();
  const viewer = new SocketClient(`${edge.url}/ws`, headers);
  await viewer.text("hello");
  assert.deepEqual((await viewer.frame()).jpeg, jpeg);
  await viewer.close();

  assert.equal(await edge.health(), "ok");
  assert.deepEqual(edge.troubles, []);
  assert.doesNotMatch(edge.output, /Upgrade response/);
}
