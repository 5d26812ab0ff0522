// The doctor over a machine made of fake camera programs and a real server.

import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { installFakeRpicam } from "../../shared/testing/fake_rpicam/install.ts";
import { serve } from "../../shared/testing/serve.ts";
import { parseConfig } from "../config.ts";
import { createSpawn, type Spawn } from "../process.ts";
import { systemConnect } from "../uploader/connection.ts";
import { runDoctor } from "./doctor.ts";

const MACHINE = { arch: "aarch64", deno: "2.9.6", clock: systemClock, connect: systemConnect };
const NEVER = new AbortController().signal;

/** What is said of a machine; of one that has no program at all where no cameras are named. */
async function examine(env: Record<string, string>, cameras?: "imx708" | "none") {
  await using fake = await installFakeRpicam({ cameras });
  const missing: Spawn = () => Promise.resolve({ kind: "missing" });
  const spawn = cameras ? createSpawn({ clock: systemClock, env: fake.env() }) : missing;
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const healthy = await runDoctor({ ...MACHINE, spawn, print }, parseConfig(env), NEVER);
  return { healthy, text: lines.join("\n") };
}

Deno.test("a machine that is ready has nothing that fails, and each thing is named once", async () => {
  await using server = serve(() => Response.json({ interval: 10_000, viewers: 0 }));
  const env = { PERCH_URL: server.url, PERCH_TOKEN: "0123456789abcdef" };
  const { healthy, text } = await examine(env, "imx708");
  assert.match(text, /^ok {4}camera {12}0: imx708 4608x2592 \(rpicam-vid\)$/m);
  assert.match(text, /^ok {4}token {13}accepted$/m);
  assert.doesNotMatch(text, /^fail +(?!permissions)/m);
  assert.equal(healthy, !/^fail/m.test(text));
  const subjects = text.split("\n").filter((line) => !line.startsWith(" "))
    .map((line) => line.slice(6, 24).trim());
  const all =
    "architecture,page size,Deno,power and heat,clock,Wi-Fi power save,camera,camera in use," +
    "permissions,settings,edge,token";
  assert.deepEqual(subjects, all.split(","));
});

Deno.test("a machine without camera, edge and settings is told all of it", async () => {
  const { healthy, text } = await examine({ PERCH_URL: "http://127.0.0.1:1" }, "none");
  assert.equal(healthy, false);
  assert.match(text, /^fail {2}camera {12}rpicam-vid lists none$/m);
  assert.match(text, /^fail {2}settings {10}PERCH_TOKEN: got nothing/m);
});

Deno.test("a camera on the network is asked for a picture, and what it says is a finding", async () => {
  const jpeg = await baseline(64, 48);
  const answers: Record<string, () => Response> = {
    "/good.jpg": () => new Response(jpeg),
    "/page": () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "/secret.jpg": () => new Response("no", { status: 401 }),
  };
  const strange = () => Response.json({ detail: "\x1b[2J\u0007" }, { status: 500 });
  await using server = serve(({ url }) => (answers[new URL(url).pathname] ?? strange)());
  const at = server.url.slice("http://".length);
  const camera = async (path: string) => {
    const env = {
      PERCH_URL: `http://${at}`,
      PERCH_TOKEN: "0123456789abcdef",
      PERCH_SOURCE: "http",
      PERCH_INPUT: `http://me:hidden99@${at}${path}?pwd=hidden99`,
    };
    const { text } = await examine(env);
    assert.doesNotMatch(text, /hidden99|dma_heap|group video/);
    assert.match(text, /500 {2}\[2J/);
    assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u, "what others said steers nothing");
    return /^.* camera +(.*)$/m.exec(text)?.[0];
  };
  assert.equal(
    await camera("/good.jpg"),
    "ok    camera            on the network: 64x48, 2 KB a picture",
  );
  assert.match((await camera("/page"))!, /^fail .* answers text\/html, no JPEG: starts with 3C/);
  assert.match((await camera("/secret.jpg"))!, /^fail .* answers 401: check user and password$/);
});
