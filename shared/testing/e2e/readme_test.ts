// Every command block that README marks as runnable is run.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, RunningProgram, startEdge } from "../processes.ts";
import { type RunnableBlock, runnableBlocks } from "../readme.ts";
import { skippedTest, toolTest } from "../tools.ts";

async function run({ how, script }: RunnableBlock, folder: string): Promise<void> {
  await using edge = how.kind === "edge" ? await startEdge() : undefined;
  if (edge) {
    const response = await putFrame(edge.url, await baseline());
    assert.equal(response.status, 204);
  }
  const lines = edge ? script.replaceAll("http://localhost:8000", edge.url) : script;
  await using shell = new RunningProgram("README", "sh", ["-euc", lines], {
    cwd: edge ? folder : ROOT,
    env: { NO_COLOR: "1" },
    group: true,
  });
  if (how.kind !== "until") {
    assert.equal((await shell.ended()).code, 0, shell.output);
    return;
  }
  await shell.line(new RegExp(RegExp.escape(how.text)));
  // As a person stops it. Shells and npx tell in their own ways that they were interrupted.
  await shell.stop("SIGINT");
}

const blocks = runnableBlocks(await Deno.readTextFile(`${ROOT}README.md`));

for (const block of blocks) {
  const first = block.script.trim().split("\n")[0];
  const name = `README line ${block.line} runs: ${first}`;
  const fn = async () => {
    const folder = await Deno.makeTempDir();
    try {
      await run(block, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
  if (first.startsWith("npx") && !Deno.env.get("CI")) {
    // It brings a Deno of its own: not a download for every run of the suite.
    skippedTest(name, "downloads, in CI only", fn);
  } else {
    toolTest(block.script.includes("curl ") ? ["curl"] : [], name, fn);
  }
}

Deno.test("README marks its quick start as runnable", () => {
  const scripts = blocks.map(({ script }) => script);
  assert.ok(scripts.includes("npx -y deno@2.9.6 task demo"), scripts.join());
  assert.ok(scripts.includes("deno task demo"), scripts.join());
});
