// The edge: reads settings, opens KV, serves, and shuts down in the right order.

import { edgeSettings, parseEdgeConfig } from "./config.ts";
import { Edge } from "./edge.ts";
import { setExitAlarm } from "./exit_alarm.ts";
import { systemClock } from "../shared/clock.ts";
import { createLog } from "../shared/log.ts";
import { pollsFor } from "./store/kv_follow.ts";
import { KvStore } from "./store/kv_store.ts";
import { surviveRejections } from "./unexpected.ts";

const parsed = parseEdgeConfig(Object.fromEntries(
  Object.keys(edgeSettings.shape).map((name) => [name, Deno.env.get(name)]),
));
if (!parsed.ok) refuse(parsed.problems);
const { config } = parsed;
if (isFile(config.kvPath)) {
  try {
    (await Deno.openKv(config.kvPath)).close();
  } catch (error) {
    refuse([`PERCH_KV_PATH: got "${config.kvPath}", wanted a file to write in: ${reason(error)}`]);
  }
}
// Read while the store opens, and not at all where Deno's server takes the connections.
const ownListener = config.listener === "perch" ? import("./listener/listener.ts") : undefined;
const clock = systemClock;
const log = createLog({ format: config.log, write: console.log, now: clock.now });
surviveRejections(globalThis, log);

const store = new KvStore({
  open: () => Deno.openKv(config.kvPath),
  instance: crypto.randomUUID(),
  clock,
  deadlineMs: 2000,
  retentionMs: config.historyMs,
  polls: pollsFor(config.kvPath, clock),
});
const edge = new Edge({
  config,
  clock,
  log,
  random: Math.random,
  store,
  readAsset: (name) => Deno.readFile(new URL(`./client/dist/${name}`, import.meta.url)),
});
await edge.start();
const server = await listen();

/** Deno Deploy hands requests to Deno's own server only. */
async function listen(): Promise<{ shutdown(): Promise<void> }> {
  const { host: hostname, port } = config;
  const tell = (host: string, port: number) => log.info(`listening on http://${host}:${port}`);
  try {
    if (!ownListener) {
      const onListen = (at: Deno.NetAddr) => tell(at.hostname, at.port);
      return Deno.serve({ hostname, port, onListen }, edge.fetch);
    }
    const { Listener } = await ownListener;
    const loopback = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const listener = await Listener.listen(edge, (handler) => Deno.serve(loopback, handler));
    tell(listener.address.hostname, listener.address.port);
    return listener;
  } catch (error) {
    refuse([`HOST, PORT: got ${hostname}:${port}, wanted a free address: ${reason(error)}`]);
  }
}

/** Streams first: the server's own shutdown waits for them. The platform kills after 5 s. */
async function shutDown(): Promise<void> {
  const deadline = setTimeout(() => exit(1), 4500);
  log.info("shutting down");
  await edge.stop();
  await server.shutdown();
  store.close();
  clearTimeout(deadline);
  exit(0);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, shutDown);

function exit(code: number): never {
  setExitAlarm();
  Deno.exit(code);
}

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(problem);
  Deno.exit(2);
}

function isFile(kvPath: string | undefined): boolean {
  return kvPath !== undefined && kvPath !== ":memory:" && !/^https?:/.test(kvPath);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] : String(error);
}
