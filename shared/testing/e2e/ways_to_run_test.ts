// The recipes for running the edge elsewhere, as far as that goes here: the container's steps carried
// out in a folder of their own, units read by systemd, Deploy's entry point.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, RunningProgram, TEST_TOKEN } from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";
import { TempDir } from "../temp.ts";

const lines = (await Deno.readTextFile(`${ROOT}edge/deploy/Containerfile`)).split("\n");

/** The arguments of every line with one instruction. */
function instruction(name: string): string[] {
  return lines.filter((line) => line.startsWith(`${name} `)).map((line) =>
    line.slice(name.length + 1)
  );
}

/** Copies a file or folder, leaving out what .containerignore leaves out. */
async function copy(from: string, to: string): Promise<void> {
  if (/(^|\/)(shared\/testing|edge\/client\/dist)$|_test\.ts$/.test(from)) return;
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

Deno.test("the container's steps give an edge that serves page and picture, without the tests", async () => {
  const ignored = (await Deno.readTextFile(`${ROOT}.containerignore`)).split("\n");
  for (const name of [".env", "shared/testing", "**/*_test.ts"]) {
    assert.ok(ignored.includes(name), name);
  }
  await using folder = new TempDir();
  for (const args of instruction("COPY")) {
    const sources = args.split(" ");
    const target = sources.pop()!;
    for (const source of sources) {
      const into = target.endsWith("/") ? `${target}${source}` : target;
      await copy(`${ROOT}${source}`, `${folder}/${into}`);
    }
  }
  for (const command of instruction("RUN").filter((command) => command.startsWith("deno "))) {
    await using step = new RunningProgram("RUN", "sh", ["-euc", command], { cwd: folder.path });
    assert.equal((await step.ended()).code, 0, step.output);
  }
  const [command, ...args]: string[] = JSON.parse(instruction("CMD")[0]);
  await using edge = new RunningProgram("edge", command, args, {
    cwd: folder.path,
    group: true,
    env: {
      HOST: "127.0.0.1",
      PORT: "0",
      PERCH_KV_PATH: `${folder}/perch.db`,
      PERCH_PUBLISH_TOKENS: TEST_TOKEN,
    },
  });
  const [, url] = await edge.line(/listening on (http:\S+)/);
  const jpeg = await baseline();
  assert.equal((await putFrame(url, jpeg)).status, 204);
  assert.deepEqual(await (await fetch(`${url}/live.jpeg`)).bytes(), jpeg);
  const page = await fetch(url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<canvas/);
  const health = JSON.parse(/^HEALTHCHECK CMD (.*)$/m.exec(lines.join("\n"))![1]);
  const check = health.map((word: string) => word.replace("http://127.0.0.1:8000", url));
  await using probe = new RunningProgram("health", check[0], check.slice(1));
  assert.equal((await probe.ended()).code, 0, probe.output);
  assert.equal((await edge.stop("SIGTERM")).code, 0, edge.output);
});

Deno.test("what deno.json tells Deno Deploy is there", async () => {
  const { deploy, tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  await Deno.stat(`${ROOT}${deploy.runtime.entrypoint}`);
  assert.equal(deploy.build, "deno task build");
  assert.ok(tasks.build);
});

for (const unit of ["edge/deploy/perch-edge.service", "shared/launch/perch-lan.service"]) {
  toolTest(["systemd-analyze"], `systemd has nothing to say against ${unit}`, async () => {
    await using folder = new TempDir();
    const text = (await Deno.readTextFile(`${ROOT}${unit}`))
      .replace("/usr/local/bin/deno", Deno.execPath());
    const path = `${folder}/${unit.split("/").pop()}`;
    await Deno.writeTextFile(path, text);
    await using verify = new RunningProgram("verify", toolPath("systemd-analyze")!, [
      "verify",
      "--man=no",
      path,
    ]);
    const { code } = await verify.ended();
    assert.equal(verify.output, "");
    assert.equal(code, 0);
    if (!unit.includes("edge")) return;
    await using security = new RunningProgram("security", toolPath("systemd-analyze")!, [
      ...["security", "--offline=yes", "--threshold=25", "--no-pager", path],
    ]);
    assert.equal((await security.ended()).code, 0, security.output);
  });
}
