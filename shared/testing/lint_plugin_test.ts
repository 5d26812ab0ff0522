import assert from "node:assert/strict";
import plugin, { MAX_LINES } from "./lint_plugin.ts";

/** The rules that `source` breaks when it is the text of `file`. */
function broken(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((one) => one.id.replace("house/", ""));
}

function messages(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((one) => one.message);
}

Deno.test("halves-apart: pi and edge never import each other, not even types", () => {
  assert.deepEqual(broken("pi/agent.ts", `import { a } from "../edge/hub.ts";`), ["halves-apart"]);
  assert.deepEqual(broken("edge/hub.ts", `import type { A } from "../pi/cli.ts";`), [
    "halves-apart",
  ]);
  assert.deepEqual(broken("edge/routes/live.ts", `const a = await import("../../pi/cli.ts");`), [
    "halves-apart",
  ]);
  assert.deepEqual(broken("edge/hub_test.ts", `import { a } from "../pi/cli.ts";`), [
    "halves-apart",
  ]);
  assert.deepEqual(broken("edge/hub.ts", `let a: import("../pi/cli.ts").A;`), ["halves-apart"]);
  assert.deepEqual(broken("pi/agent.ts", `import { a } from "../shared/latest.ts";`), []);
  assert.deepEqual(broken("pi/agent.ts", `import { a } from "./source/source.ts";`), []);
  assert.deepEqual(
    broken("shared/testing/e2e/a_test.ts", `import { a } from "../../../pi/a.ts";`),
    [],
  );
});

Deno.test("shared-imports-only-zod: shared takes zod and its own files, nothing else", () => {
  assert.deepEqual(broken("shared/wire.ts", `import { z } from "zod";`), []);
  assert.deepEqual(broken("shared/latest.ts", `import { a } from "./frame.ts";`), []);
  assert.deepEqual(broken("shared/frame.ts", `import { a } from "../edge/hub.ts";`), [
    "shared-imports-only-zod",
  ]);
  assert.deepEqual(broken("shared/frame.ts", `import { join } from "node:path";`), [
    "shared-imports-only-zod",
  ]);
  assert.deepEqual(broken("shared/frame_test.ts", `import assert from "node:assert/strict";`), []);
});

Deno.test("hono-at-the-border: hono stays in app, auth, problem and routes", () => {
  for (const file of ["edge/app.ts", "edge/auth.ts", "edge/problem.ts", "edge/routes/live.ts"]) {
    assert.deepEqual(broken(file, `import { Hono } from "hono";`), []);
  }
  assert.deepEqual(broken("edge/hub.ts", `import { etag } from "hono/etag";`), [
    "hono-at-the-border",
  ]);
  assert.deepEqual(broken("edge/hub.ts", `import { Hono } from "npm:hono@4";`), [
    "hono-at-the-border",
  ]);
  assert.deepEqual(broken("pi/main.ts", `import { Hono } from "hono";`), ["hono-at-the-border"]);
});

Deno.test("client-without-zod: the page takes types, and values only from files without zod", () => {
  const page = "edge/client/viewer.ts";
  assert.deepEqual(
    broken(page, `import { readFrameHeader } from "../../shared/wire_frame.ts";`),
    [],
  );
  assert.deepEqual(broken(page, `import type { CameraStatus } from "../../shared/wire.ts";`), []);
  assert.deepEqual(broken(page, `import { type CameraStatus } from "../../shared/wire.ts";`), []);
  assert.deepEqual(broken(page, `import { draw } from "./draw.ts";`), []);
  for (const specifier of ["../../shared/wire.ts", "zod", "../hub.ts"]) {
    assert.deepEqual(broken(page, `import { a } from "${specifier}";`), ["client-without-zod"]);
  }
});

Deno.test("client-without-zod: a file of shared that brings zod along must be listed as such", () => {
  assert.deepEqual(broken("shared/frame.ts", `import { a } from "./wire.ts";`), [
    "client-without-zod",
  ]);
  assert.deepEqual(broken("shared/frame.ts", `import { z } from "zod";`), ["client-without-zod"]);
  assert.deepEqual(broken("shared/frame.ts", `import type { A } from "./wire.ts";`), []);
});

Deno.test("testing-by-tests: only tests and benches import shared/testing", () => {
  const source = `import { FakeClock } from "../shared/testing/fake_clock.ts";`;
  assert.deepEqual(broken("pi/agent.ts", source), ["testing-by-tests"]);
  for (const file of ["pi/agent_test.ts", "pi/agent_bench.ts", "edge/store_contract.ts"]) {
    assert.deepEqual(broken(file, source), []);
  }
});

Deno.test("no-child-process-module: node's ways around the rules are closed", () => {
  assert.deepEqual(broken("pi/agent.ts", `import { spawn } from "node:child_process";`), [
    "no-child-process-module",
  ]);
  assert.deepEqual(broken("edge/hub.ts", `import process from "node:process";`), [
    "no-child-process-module",
  ]);
});

Deno.test("pure-shared: shared code touches no part of Deno", () => {
  assert.deepEqual(broken("shared/frame.ts", `Deno.readFileSync("a");`), ["pure-shared"]);
  assert.deepEqual(broken("shared/testing/tools.ts", `Deno.readFileSync("a");`), []);
});

Deno.test("main-only: environment, arguments, exit, signals, openKv and serve belong to main.ts", () => {
  for (const use of ["env.get('A')", "args", "exit(1)", "addSignalListener('SIGINT', f)"]) {
    assert.deepEqual(broken("pi/agent.ts", `Deno.${use};`), ["main-only"]);
    assert.deepEqual(broken("pi/main.ts", `Deno.${use};`), []);
  }
  for (const use of ["openKv()", "serve(f)"]) {
    assert.deepEqual(broken("edge/app.ts", `Deno.${use};`), ["main-only"]);
    assert.deepEqual(broken("edge/main.ts", `Deno.${use};`), []);
  }
  assert.deepEqual(broken("edge/app.ts", `let serve: typeof Deno.serve;`), ["main-only"]);
});

Deno.test("kv-in-store: only edge/store/kv_*.ts knows Deno KV", () => {
  assert.deepEqual(broken("edge/hub.ts", `let kv: Deno.Kv;`), ["kv-in-store"]);
  assert.deepEqual(broken("edge/store/store.ts", `let a: Deno.AtomicOperation;`), ["kv-in-store"]);
  assert.deepEqual(broken("edge/store/kv_store.ts", `let kv: Deno.Kv; let k: Deno.KvKey;`), []);
  assert.deepEqual(broken("edge/store/kv_store_test.ts", `Deno.openKv(":memory:");`), []);
});

Deno.test("commands-in-process: only process.ts starts programs", () => {
  assert.deepEqual(broken("pi/agent.ts", `new Deno.Command("a");`), ["commands-in-process"]);
  assert.deepEqual(broken("pi/agent.ts", `let a: Deno.ChildProcess;`), ["commands-in-process"]);
  assert.deepEqual(broken("pi/process.ts", `new Deno.Command("a");`), []);
  assert.deepEqual(broken("shared/launch/process.ts", `new Deno.Command("a");`), []);
});

Deno.test("no-barrel: nothing is re-exported", () => {
  assert.deepEqual(broken("pi/a.ts", `export * from "./b.ts";`), ["no-barrel"]);
  assert.deepEqual(broken("pi/a.ts", `export { b } from "./b.ts";`), ["no-barrel"]);
  assert.deepEqual(broken("pi/a.ts", `export const b = 1;`), []);
});

Deno.test("small-files: a file over the limit is reported, a test is not", () => {
  const long = "f();\n".repeat(MAX_LINES + 1);
  assert.deepEqual(broken("pi/a.ts", long), ["small-files"]);
  assert.deepEqual(broken("pi/a_test.ts", long), []);
  assert.deepEqual(broken("pi/a.ts", "f();\n".repeat(MAX_LINES)), []);
});

Deno.test("a message says what was found, where, and what to do", () => {
  assert.deepEqual(messages("pi/agent.ts", `import { a } from "../edge/hub.ts";`), [
    "pi/ imports edge/hub.ts: put what both need into shared/.",
  ]);
  assert.deepEqual(messages("edge/hub.ts", `Deno.env.get("A");`), [
    "Deno.env in edge/hub.ts: only main.ts touches it and passes on what others need.",
  ]);
});
