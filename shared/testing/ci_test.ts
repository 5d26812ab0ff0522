import assert from "node:assert/strict";
import { ROOT } from "./processes.ts";
import { TempDir } from "./temp.ts";

/** Runs the gate with programs that do nothing, and a `deno task test` that prints `closing`. */
async function gate(closing: string, code = 0): Promise<{ code: number; last: string }> {
  await using folder = new TempDir();
  const program = (name: string, script: string) =>
    Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const run = await Deno.readTextFile(`${ROOT}.ci/run`);
  const tools = run.split("TOOLS'\n")[1].split("\nTOOLS")[0].split("\n");
  for (const tool of tools) await program(tool.split(" ")[0], "exit 0");
  const version = (await Deno.readTextFile(`${ROOT}.dvmrc`)).trim();
  await program(
    "deno",
    `case "$*" in
--version) echo "deno ${version} (stable)" ;;
"task test") printf '%s\\n' 'a test ... ignored (0ms)' '${closing}'; exit ${code} ;;
esac`,
  );
  const { code: ended, stdout } = await new Deno.Command("bash", {
    args: [`${ROOT}.ci/run`],
    env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
  }).output();
  return { code: ended, last: new TextDecoder().decode(stdout).trim().split("\n").at(-1)! };
}

Deno.test("the gate is green when all tests passed, and says how many", async () => {
  const all = await gate("ok | 12 passed (3 steps) | 0 failed (2s)");
  assert.deepEqual(all, { code: 0, last: "12 passed, 0 failed" });
});

Deno.test("the gate is red when a test failed, was skipped, or none ran", async () => {
  const failed = await gate("FAILED | 11 passed | 1 failed (2s)", 1);
  assert.deepEqual(failed, { code: 1, last: "11 passed, 1 failed" });
  const skipped = await gate("ok | 11 passed | 0 failed | 1 ignored (2s)");
  assert.deepEqual(skipped, { code: 1, last: "11 passed, 0 failed, 1 skipped" });
  const none = await gate("error: no test modules found", 1);
  assert.deepEqual(none, { code: 1, last: "ci: no test ran" });
});
