// The edge on Deno: reads settings, opens KV, serves, and shuts down in the right order.

import { systemClock as clock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { lineOf } from "../../shared/settings.ts";
import { edgeSettings, parseEdgeConfig } from "../core/config.ts";
import { helpText, makeToken, parseCli } from "./cli.ts";
import { storesFor } from "./kv/stores.ts";
import { endIn } from "./libc.ts";
import { logUncaught, run } from "./serve.ts";

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
const log = createLog({ format: config.log, write: console.log, now: clock.now });
logUncaught(globalThis, log);
for (const warning of parsed.warnings) log.warn(lineOf(warning));

const given = { clock, log, retentionMs: config.historyMs };
const stores = await storesFor(config.kvPath, given);
const stop = await run(config, { clock, log, ...stores }).catch((error) => refuse([error.message]));

/** A store that hangs must not hold it up, nor a collector: platforms kill after 5 s. */
async function shutDown(): Promise<void> {
  endIn(5);
  setTimeout(() => Deno.exit(1), 4500);
  await stop();
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
