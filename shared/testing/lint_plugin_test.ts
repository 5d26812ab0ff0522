import assert from "node:assert/strict";
import plugin, { MAX_LINES } from "./lint_plugin.ts";

/** What the plugin says of `source` as the text of `file`: rule and message. */
function broken(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source)
    .map(({ id, message }) => `${id.replace("perch/", "")}: ${message}`);
}

const WRONG: readonly [file: string, source: string, rule: string][] = [
  ["pi/agent.ts", `import { a } from "../edge/core/hub.ts";`, "imports"],
  ["pi/agent.ts", `import { spawn } from "node:child_process";`, "imports"],
  ["pi/agent.ts", `import { a } from "../shared/testing/fake_clock.ts";`, "imports"],
  ["edge/core/hub.ts", `import type { A } from "../../pi/cli.ts";`, "imports"],
  ["edge/core/hub_test.ts", `import { a } from "../../pi/cli.ts";`, "imports"],
  ["edge/core/hub.ts", `let a: import("../../pi/cli.ts").A;`, "imports"],
  ["edge/core/hub.ts", `const a = await import("../deno/sharp.ts");`, "imports"],
  ["edge/core/hub.ts", `import type { A } from "../workers/worker.ts";`, "imports"],
  ["edge/core/hub.ts", `import { createHash } from "node:crypto";`, "imports"],
  ["edge/core/hub.ts", `import { createServer } from "node:http";`, "imports"],
  ["edge/core/hub.ts", `export * from "sharp";`, "imports"],
  ["edge/deno/main.ts", `import { a } from "../workers/worker.ts";`, "imports"],
  ["edge/workers/worker.ts", `import { a } from "../deno/main.ts";`, "imports"],
  ["edge/client/viewer.ts", `import { z } from "zod";`, "imports"],
  ["edge/client/viewer.ts", `import type { A } from "../core/hub.ts";`, "imports"],
  ["shared/frame.ts", `import { join } from "node:path";`, "imports"],
  ["shared/frame.ts", `import { a } from "../edge/core/hub.ts";`, "imports"],
  ["shared/frame.ts", `Deno.readFileSync("a");`, "reach"],
  ["edge/core/hub.ts", `Deno.memoryUsage();`, "reach"],
  ["edge/core/hub.ts", `let info: Deno.ServeHandlerInfo;`, "reach"],
  ["edge/client/viewer.ts", `Deno.cwd();`, "reach"],
  ["edge/deno/serve.ts", `Deno.exit(1);`, "reach"],
  ["edge/deno/serve.ts", `let kv: Deno.Kv;`, "reach"],
  ["pi/agent.ts", `Deno.env.get("A");`, "reach"],
  ["pi/agent.ts", `new Deno.Command("a");`, "reach"],
  ["pi/a.ts", "f();\n".repeat(MAX_LINES + 1), "small-files"],
];

const RIGHT: readonly [file: string, source: string][] = [
  ["pi/agent.ts", `import { a } from "../shared/latest.ts"; import { b } from "./cli.ts";`],
  ["pi/main.ts", `Deno.exit(Deno.args.length);`],
  ["pi/process.ts", `new Deno.Command("a");`],
  ["pi/agent_test.ts", `import { a } from "../shared/testing/fake_clock.ts";`],
  ["pi/a_test.ts", "f();\n".repeat(MAX_LINES + 1)],
  [
    "edge/core/hub.ts",
    `import { a } from "../../shared/latest.ts"; import { b } from "hono/etag";`,
  ],
  ["edge/core/hub.ts", `import { z } from "zod"; crypto.subtle; new WebSocket("ws://a");`],
  ["edge/core/hub_test.ts", `import { a } from "../deno/sharp.ts"; Deno.openKv();`],
  ["edge/deno/main.ts", `import { a } from "../core/edge.ts"; Deno.exit();`],
  ["edge/deno/kv/calls.ts", `let a: Deno.AtomicOperation; Deno.openKv();`],
  [
    "edge/client/viewer.ts",
    `import { a } from "./draw.ts"; import { b } from "../../shared/a.ts";`,
  ],
  ["shared/wire.ts", `import { z } from "zod"; import { a } from "./frame.ts";`],
  ["shared/testing/e2e/a_test.ts", `import { a } from "../../../pi/a.ts";`],
];

Deno.test("what breaks a rule about imports, Deno or length is reported by that rule alone", () => {
  for (const [file, source, rule] of WRONG) {
    const said = broken(file, source);
    assert.deepEqual(said.map((one) => one.split(":")[0]), [rule], `${file}: ${source}`);
  }
});

Deno.test("what the rules allow is not reported", () => {
  for (const [file, source] of RIGHT) assert.deepEqual(broken(file, source), [], file);
});

Deno.test("a message says what was found, where, and what to do", () => {
  assert.deepEqual(broken("edge/core/hub.ts", `import "node:net"; Deno.exit(1);`), [
    'imports: edge/core/hub.ts imports "node:net": edge/core runs anywhere: ask its Platform.',
    "reach: edge/core/hub.ts touches Deno.exit: edge/core runs anywhere: ask its Platform.",
  ]);
});
