// From the start of the process to its first answer.

import { putFrame, startEdge, taskArgs, TEST_TOKEN } from "../processes.ts";
import { baseline } from "../jpegs.ts";
import type { BenchOptions, Report } from "./scenario.ts";
import { freePort } from "./subjects.ts";

const LEAST_ROUNDS = 5;
const EMPTY_APP = `import { Hono } from "hono";
const app = new Hono();
app.get("/live.jpeg", (context) => context.body("empty"));
Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen() {} }, app.fetch);`;

/** The edge with a stored frame, an empty Hono app, and Deno with nothing; the middle of five. */
export async function benchColdStart(report: Report, options: BenchOptions): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-bench-" });
  const kvPath = `${folder}/perch.sqlite3`;
  {
    await using edge = await startEdge({ env: { PERCH_KV_PATH: kvPath } });
    await (await putFrame(edge.url, await baseline())).body?.cancel();
    await edge.stop();
  }
  const subjects: [string, string[], Record<string, string>][] = [
    ["edge", await taskArgs("edge"), {
      HOST: "127.0.0.1",
      PERCH_KV_PATH: kvPath,
      PERCH_PUBLISH_TOKENS: TEST_TOKEN,
    }],
    ["empty Hono app", ["eval", EMPTY_APP], {}],
    ["bare Deno", ["eval", EMPTY_SERVER], {}],
  ];
  const found = subjects.map((): number[] => []);
  for (let round = 0; round < Math.max(LEAST_ROUNDS, options.rounds); round++) {
    for (const [i, [, args, env]] of subjects.entries()) {
      found[i].push(await firstAnswerMs(args, env));
    }
  }
  await Deno.remove(folder, { recursive: true });
  for (const [i, [name]] of subjects.entries()) {
    const sorted = found[i].sort((a, b) => a - b);
    report.row(name, { "median ms": sorted[sorted.length >> 1], "best ms": sorted[0] });
  }
  report.note("to the first answer of /live.jpeg; Deno's own cache of compiled code is warm");
}

const EMPTY_SERVER =
  `Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen() {} },
  () => new Response("empty"));`;

async function firstAnswerMs(
  args: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  const port = freePort();
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { ...env, PORT: `${port}` },
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (;;) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(
        new TextEncoder().encode("GET /live.jpeg HTTP/1.1\r\nHost: x\r\n\r\n"),
      );
      const answer = new Uint8Array(16);
      await connection.read(answer);
      const ms = performance.now() - started;
      connection.close();
      child.kill("SIGKILL");
      await child.status;
      const status = new TextDecoder().decode(answer.subarray(9, 12));
      if (status !== "200") throw new TypeError(`/live.jpeg answered ${status}, wanted 200`);
      return ms;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
