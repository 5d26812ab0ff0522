// The camera agent's wiring: settings in, signals, what it prints, exit codes.

import { systemClock } from "../shared/clock.ts";
import { createLog, type Log } from "../shared/log.ts";
import { Agent } from "./agent.ts";
import { helpText, parseCli } from "./cli.ts";
import { type Config, configWarnings, parseConfig, SETTING_HELP } from "./config.ts";
import { createSpawn } from "./process.ts";
import { CLEAR_ROW, showState } from "./show_state.ts";
import { systemConnect } from "./uploader/connection.ts";

/** Only where a person sees log and status line on the same screen. */
const terminal = Deno.stdout.isTerminal() && Deno.stderr.isTerminal() ? Deno : undefined;

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(problem);
  Deno.exit(2);
}

async function run(config: Config, log: Log): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      // A second signal does not wait for a camera that will not stop.
      if (stop.signal.aborted) Deno.exit(1);
      stop.abort();
    });
  }
  const clock = systemClock;
  const agent = new Agent({
    clock,
    log,
    random: Math.random,
    spawn: createSpawn({ clock }),
    connect: systemConnect,
    session: crypto.randomUUID().slice(0, 8),
  }, config);
  for (const warning of configWarnings(config)) log.warn(warning);
  log.info("starting", { url: config.url, cam: config.cam, source: config.source });
  const shown = showState({ clock, log, terminal, state: () => agent.state }, stop.signal);
  await agent.run(stop.signal);
  await shown;
  log.info("stopped");
}

const cli = parseCli(Deno.args);
if (!cli.ok) refuse(cli.problems);
if (cli.command === "help") {
  console.log(helpText());
  Deno.exit(0);
}
const env = Object.fromEntries(SETTING_HELP.map(({ name }) => [name, Deno.env.get(name)]));
const parsed = parseConfig({ ...env, ...cli.settings });
if (!parsed.ok) refuse(parsed.problems);
const { config } = parsed;
const format = Deno.env.get("JOURNAL_STREAM") && config.log === "text" ? "journald" : config.log;
const log = createLog({
  format,
  write: (line) => console.log(terminal ? `${CLEAR_ROW}${line}` : line),
  now: Date.now,
});
await run(config, log);
Deno.exit(0);
