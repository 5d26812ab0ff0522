// The core runs wherever JavaScript does: bundled for no platform at all, nothing is missing.

import assert from "node:assert/strict";
import * as esbuild from "esbuild";
import { ROOT } from "../../shared/testing/processes.ts";

Deno.test("the core imports web standards, hono, zod and this tree only", async () => {
  const { metafile, outputFiles } = await esbuild.build({
    entryPoints: [`${ROOT}edge/core/edge.ts`],
    bundle: true,
    platform: "neutral",
    format: "esm",
    external: ["hono", "hono/*", "zod"],
    metafile: true,
    write: false,
    logLevel: "silent",
    absWorkingDir: ROOT,
  });
  await esbuild.stop();
  const elsewhere = Object.keys(metafile.inputs).filter((file) =>
    !/^(edge\/core|shared)\//.test(file)
  );
  assert.deepEqual(elsewhere, []);
  // What is neither in the language nor on the web, by name.
  const text = outputFiles[0].text.replace(/\/\/.*$/gm, "");
  assert.doesNotMatch(text, /\b(Deno|Bun|process|Buffer|setImmediate|require|__dirname)\b[.(]/);
});
