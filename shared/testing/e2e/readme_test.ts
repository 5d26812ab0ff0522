// Every command block that the docs mark as runnable is run.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, RunningProgram, startEdge } from "../processes.ts";
import { type RunnableBlock, runnableBlocks } from "../readme.ts";
import { skippedTest, toolTest } from "../tools.ts";
import { TempDir } from "../temp.ts";

const DOCS = ["README.md", "edge/README.md", "pi/README.md"];

/** The project's files in a folder of their own, as after `git clone`. */
async function clone(folder: string): Promise<string> {
  const target = `${folder}/perch`;
  await Deno.mkdir(target);
  const names = [...Deno.readDirSync(ROOT)].map(({ name }) => name)
    .filter((name) => ![".git", ".env", "node_modules"].includes(name));
  await using copying = new RunningProgram("cp", "cp", ["-R", ...names, target]);
  assert.equal((await copying.ended()).code, 0, copying.output);
  return target;
}

async function runToEnd(
  script: string,
  cwd: string,
  path = Deno.env.get("PATH")!,
): Promise<string> {
  await using shell = new RunningProgram("sh", "sh", ["-euc", script], {
    cwd,
    env: { PATH: path },
  });
  assert.equal((await shell.ended()).code, 0, shell.output);
  return shell.output;
}

async function runUntil(script: string, text: string, folder: string): Promise<void> {
  await using shell = new RunningProgram("sh", "sh", ["-euc", script], {
    cwd: await clone(folder),
    env: { NO_COLOR: "1", PORT: "0" },
    group: true,
  });
  await shell.line(new RegExp(RegExp.escape(text)));
  // As a person stops it. Shells and npx tell in their own ways that they were interrupted.
  await shell.stop("SIGINT");
}

async function runAgainstEdge(script: string, folder: string): Promise<void> {
  await using edge = await startEdge();
  assert.equal((await putFrame(edge.url, await baseline())).status, 204);
  await runToEnd(script.replaceAll("http://localhost:8000", edge.url), folder);
}

/** What it leaves behind has to be a cam: its settings start an edge, which takes the token that it printed. */
async function runOnServer(script: string, folder: string): Promise<void> {
  const perch = await clone(folder);
  const etc = `${folder}/etc`;
  for (const made of ["bin", "etc/systemd/system", "etc/caddy"]) {
    await Deno.mkdir(`${folder}/${made}`, { recursive: true });
  }
  const systemctl = `#!/bin/sh\necho "$@" >>${folder}/systemctl\n`;
  await Deno.writeTextFile(`${folder}/bin/systemctl`, systemctl, { mode: 0o755 });
  const here = script.replace("=cam.example.org", "=garden.example.net")
    .replaceAll("/etc/", `${etc}/`).replaceAll("/opt/perch", perch);
  const printed = await runToEnd(here, folder, `${folder}/bin:${Deno.env.get("PATH")}`);

  const asked = await Deno.readTextFile(`${folder}/systemctl`);
  assert.equal(asked, "enable --now perch-edge\nreload caddy\n");
  await Deno.stat(`${etc}/systemd/system/perch-edge.service`);
  await using caddy = new RunningProgram("caddy", "caddy", [
    ...["adapt", "--config", `${etc}/caddy/Caddyfile`, "--adapter", "caddyfile"],
  ]);
  assert.equal((await caddy.ended()).code, 0, caddy.output);
  assert.match(caddy.output, /"host":\["garden\.example\.net"\]/);
  assert.doesNotMatch(caddy.output, /cam\.example\.org/);

  const file = `${etc}/perch/edge.env`;
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  const text = await Deno.readTextFile(file);
  const env = Object.fromEntries(text.trim().split("\n").map((line) => line.split("=")));
  const [, token] = /PERCH_TOKEN=(\S+)$/.exec(printed)!;
  await using edge = await startEdge({ env });
  const answer = await putFrame(edge.url, await baseline(), { authorization: `Bearer ${token}` });
  assert.equal(answer.status, 204);
}

async function run({ how, script }: RunnableBlock, folder: string): Promise<void> {
  if (how.kind === "until") return await runUntil(script, how.text, folder);
  if (how.kind === "edge") return await runAgainstEdge(script, folder);
  if (how.kind === "server") return await runOnServer(script, folder);
  await runToEnd(script, await clone(folder));
}

const scripts: string[] = [];

for (const doc of DOCS) {
  for (const block of runnableBlocks(await Deno.readTextFile(`${ROOT}${doc}`))) {
    scripts.push(block.script);
    const first = block.script.trim().split("\n")[0];
    const name = `${doc} line ${block.line} runs: ${first}`;
    const fn = async () => {
      await using folder = new TempDir();
      await run(block, folder.path);
    };
    if (first.startsWith("npx") && !Deno.env.get("CI")) {
      // It brings a Deno of its own: not a download for every run of the suite.
      skippedTest(name, "downloads, in CI only", fn);
    } else {
      const tools = (["curl", "openssl", "caddy"] as const)
        .filter((tool) => new RegExp(`\\b${tool} `, "i").test(block.script));
      toolTest(tools, name, fn);
    }
  }
}

Deno.test("README marks its quick start as runnable", () => {
  assert.ok(scripts.includes("npx -y deno@2.9.6 task demo"), scripts.join());
  assert.ok(scripts.includes("deno task demo"), scripts.join());
});
