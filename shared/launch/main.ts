// `deno task demo` and `deno task lan`: the edge and the camera agent on one machine, one terminal.
// Both are child processes with their own tasks' permissions; when one ends, the other is stopped.

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { renderUnicodeCompact } from "uqr";
import {
  edgeEnv,
  invitation,
  isDrawn,
  isLaunchMode,
  listeningPort,
  networkAddresses,
  piEnvs,
} from "./plan.ts";

const mode = Deno.args[0];
if (!isLaunchMode(mode)) {
  console.error(`launch: got ${JSON.stringify(mode ?? "")}, wanted demo or lan`);
  Deno.exit(2);
}
const env = Deno.env.toObject();
const token = crypto.randomUUID();
const running: Deno.ChildProcess[] = [];
let stopping = false;

function stopAll(): void {
  stopping = true;
  for (const task of running) {
    try {
      task.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended already.
    }
  }
}

/**
 * Starts a task of deno.json, which so has its own permissions.
 *
 * @param label What its lines begin with.
 */
function start(
  name: string,
  label: string,
  env: Record<string, string>,
  onLine = (_line: string) => {},
): void {
  const task = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.push(task);
  const outputs = [task.stdout, task.stderr].map(async (output) => {
    for await (const line of createInterface({ input: Readable.fromWeb(output as never) })) {
      console.log(`${label.padEnd(4)} | ${line}`);
      onLine(line);
    }
  });
  Promise.all([task.status, ...outputs]).then(([{ code }]) => {
    if (stopping) return;
    console.error(`${label} ended with code ${code}: stopping`);
    Deno.exitCode = code || 1;
    stopAll();
  });
}

/** The port asked for, the usual one, or any free one for a demo that finds it taken. */
function choosePort(): string {
  if (env.PORT) return env.PORT;
  try {
    Deno.listen({ hostname: "0.0.0.0", port: 8000 }).close();
  } catch (error) {
    if (mode === "demo" && error instanceof Deno.errors.AddrInUse) return "0";
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
  }
  return "8000";
}

Deno.addSignalListener("SIGINT", stopAll);
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stopAll);

let opened = false;
const edge = isDrawn(mode, env) ? "demo:edge" : "edge";
start(edge, "edge", edgeEnv(mode, env, token, choosePort()), (line) => {
  const port = listeningPort(line);
  if (port === undefined || opened || stopping) return;
  opened = true;
  for (const [i, extra] of piEnvs(mode, env, token, port).entries()) {
    start("pi", i === 0 ? "pi" : `pi ${i + 1}`, extra);
  }
  const addresses = networkAddresses(Deno.networkInterfaces());
  const qr = Deno.stdout.isTerminal() ? renderUnicodeCompact : undefined;
  console.log(invitation(mode, port, addresses, qr).join("\n"));
});
