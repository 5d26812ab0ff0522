// Both programs refuse to start on a bad setting, with one line for each and exit code 2.

import assert from "node:assert/strict";
import { startEdge, startPi, startTask, TEST_TOKEN } from "../processes.ts";

interface Refusal {
  readonly task: "edge" | "pi";
  readonly why: string;
  readonly env: Readonly<Record<string, string>>;
  /** Names that must each start one line, in any order. */
  readonly names: readonly string[];
}

const EDGE = { PERCH_PUBLISH_TOKENS: TEST_TOKEN, PORT: "0", PERCH_KV_PATH: ":memory:" };

const REFUSALS: readonly Refusal[] = [
  {
    task: "edge",
    why: "an address this machine does not have",
    env: { ...EDGE, HOST: "192.0.2.1" },
    names: ["HOST, PORT"],
  },
  {
    task: "edge",
    why: "several bad settings, told all at once",
    env: { ...EDGE, PERCH_PUBLISH_TOKENS: "secret", PORT: "http", PERCH_FPS: "fast" },
    names: ["PERCH_PUBLISH_TOKENS", "PORT", "PERCH_FPS"],
  },
  {
    task: "pi",
    why: "a missing address and token, and a camera that is none",
    env: { PERCH_SOURCE: "webcam" },
    names: ["PERCH_URL", "PERCH_TOKEN", "PERCH_SOURCE"],
  },
];

for (const { task, why, env, names } of REFUSALS) {
  Deno.test(`${task} refuses to start on ${why}`, async () => {
    await using program = await startTask(task, { env });
    const { code } = await program.ended();
    assert.equal(code, 2, program.output);
    const lines = program.lines.filter((line) => line.trim() !== "");
    for (const name of names) {
      const about = lines.filter((line) => line.includes(`${name}: `));
      assert.equal(about.length, 1, `${name} in:\n${program.output}`);
      assert.match(about[0], /got .*, wanted /);
    }
    assert.doesNotMatch(program.output, /secret|at file:|Uncaught/);
  });
}

Deno.test("both programs tell of a setting that neither has, in one line, and go on", async () => {
  const slips = { PERCH_STAL_S: "5", PERCH_SHARPNES: "1" };
  await using edge = await startEdge({ env: slips, args: ["--title", "Nest"] });
  await using pi = await startPi(edge.url, { env: slips });
  await pi.line(/the camera is running/);
  for (const program of [edge, pi]) {
    const told = program.lines.flatMap((line) =>
      /(PERCH_\w+): .* did you mean (\w+)/.exec(line) ?? []
    );
    assert.deepEqual(told.filter((word) => /^PERCH_\w+$/.test(word)), [
      ...["PERCH_SHARPNES", "PERCH_SHARPNESS"],
      ...["PERCH_STAL_S", "PERCH_STALE_S"],
    ]);
  }
  const page = await fetch(edge.url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<title>Nest/);
});
