// The edge on Deno: reads settings, opens KV, serves, and shuts down in the right order.

import { systemClock as clock } from "../../shared/clock.ts";
import { createLog, reasonOf } from "../../shared/log.ts";
import { lineOf } from "../../shared/settings.ts";
import { edgeSettings, parseEdgeConfig } from "../core/config.ts";
import { Edge } from "../core/edge.ts";
import { helpText, makeToken, parseCli } from "./cli.ts";
import { storesFor } from "./kv/stores.ts";
import { denoPlatform } from "./platform.ts";
import { logUncaught, serve, tick } from "./serve.ts";

/** How long answers that are under way may take at the end, ms. */
const GRACE_MS = 1000;

const cli = parseCli(Deno.args);
if (!cli.ok) refuse(cli.problems);
if (cli.command === "help") {
  console.log(helpText());
  Deno.exit(0);
}
if (cli.command === "make-token") {
  const { ok, line } = await makeToken(cli.file);
  if (!ok) refuse([line]);
  console.log(line);
  Deno.exit(0);
}
const parsed = parseEdgeConfig({ ...environment(), ...cli.settings });
if (!parsed.ok) refuse(parsed.problems);
const { config } = parsed;
const { host: hostname, port } = config;
const log = createLog({ format: config.log, write: console.log, now: clock.now });
logUncaught(globalThis, log);
for (const warning of parsed.warnings) log.warn(lineOf(warning));

const stores = await storesFor(config.kvPath, {
  openKv: (path) => Deno.openKv(path),
  clock,
  log,
  retentionMs: config.historyMs,
});
const edge = new Edge(config, denoPlatform({ clock, log, ...stores }));
await edge.start();
const stopServing = listen();
log.info("cameras set PERCH_URL to this address, PERCH_TOKEN to a token of PERCH_PUBLISH_TOKENS");
const stopping = new AbortController();
tick(edge, clock, stopping.signal);

function listen(): ReturnType<typeof serve> {
  try {
    return serve(edge.fetch, { hostname, port, log });
  } catch (error) {
    refuse([`HOST, PORT: got ${hostname}:${port}, wanted a free address: ${reasonOf(error)}`]);
  }
}

/** A store that hangs must not hold it up: platforms kill after 5 s. */
async function shutDown(): Promise<void> {
  setTimeout(() => Deno.exit(1), 4500);
  log.info("shutting down");
  stopping.abort();
  await Promise.all([edge.stop(), stopServing(GRACE_MS)]);
  stores.store.close();
  Deno.exit(0);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, shutDown);

/** Every variable; only the settings where a release of before may not see the others. */
function environment(): Record<string, string | undefined> {
  try {
    return Deno.env.toObject();
  } catch {
    const names = Object.keys(edgeSettings.shape);
    return Object.fromEntries(names.map((name) => [name, Deno.env.get(name)]));
  }
}

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(problem);
  Deno.exit(2);
}
