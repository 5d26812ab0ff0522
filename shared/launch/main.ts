// `deno task demo` and `deno task lan`: the edge and the camera agent on one machine, one terminal.
// Both are child processes with their own tasks' permissions; when one ends, the other is stopped.

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
import { type RunningTask, startTask } from "./process.ts";

const mode = Deno.args[0];
if (!isLaunchMode(mode)) {
  console.error(`launch: got ${JSON.stringify(mode ?? "")}, wanted demo or lan`);
  Deno.exit(2);
}
const env = Deno.env.toObject();
const token = crypto.randomUUID();
const running: RunningTask[] = [];
let stopping = false;

function stopAll(): void {
  stopping = true;
  for (const task of running) task.stop();
}

/** @param label What its lines begin with. */
function start(
  name: string,
  label: string,
  extra: Record<string, string>,
  onLine = (_line: string) => {},
): void {
  const task = startTask(name, extra, (line) => {
    console.log(`${label.padEnd(4)} | ${line}`);
    onLine(line);
  });
  running.push(task);
  task.ended.then((code) => {
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
