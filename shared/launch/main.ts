// `deno task demo` and `deno task lan`: the edge and the camera agent on one machine, one terminal.
// Both are child processes with their own tasks' permissions; when one ends, the other is stopped.

import { renderUnicodeCompact } from "uqr";
import {
  edgeEnv,
  invitation,
  isLaunchMode,
  listeningPort,
  networkAddresses,
  piEnv,
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

function start(name: string, extra: Record<string, string>, onLine = (_line: string) => {}): void {
  const task = startTask(name, extra, (line) => {
    console.log(`${name.padEnd(4)} | ${line}`);
    onLine(line);
  });
  running.push(task);
  task.ended.then((code) => {
    if (stopping) return;
    console.error(`${name} ended with code ${code}: stopping`);
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
start("edge", edgeEnv(mode, env, token, choosePort()), (line) => {
  const port = listeningPort(line);
  if (port === undefined || opened || stopping) return;
  opened = true;
  start("pi", piEnv(mode, env, token, port));
  const addresses = networkAddresses(Deno.networkInterfaces());
  const qr = Deno.stdout.isTerminal() ? renderUnicodeCompact : undefined;
  console.log(invitation(mode, port, addresses, qr).join("\n"));
});
