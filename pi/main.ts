// The camera agent's wiring: settings in, signals, what it prints, exit codes.

import { fileURLToPath } from "node:url";
import { secretsOf, shownAddress, withoutAddresses } from "../shared/addresses.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { createLog, type Log } from "../shared/log.ts";
import { lineOf, type Parsed } from "../shared/settings.ts";
import { createAgent } from "./agent.ts";
import { type Cli, helpText, parseCli } from "./cli.ts";
import { cameraSettings, type Config, type Env, parseConfig } from "./config.ts";
import { runDoctor } from "./doctor/doctor.ts";
import { installService, unitProblems, unitText, writeFile } from "./systemd.ts";
import { createSpawn, outputOf } from "./process.ts";
import { CLEAR_ROW, showState } from "./status.ts";
import { systemConnect as connect } from "./uploader/connection.ts";

const spawn = createSpawn({ clock });
const stop = new AbortController();

/** Ms within which two signals are one wish. */
const SAME_WISH_MS = 1000;

/** Only where a person sees log and status line on the same screen. */
const terminal = Deno.stdout.isTerminal() && Deno.stderr.isTerminal() ? Deno : undefined;

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(problem);
  Deno.exit(2);
}

/** Flags win over the environment, the token may be in a file. */
function givenSettings(flags: Readonly<Record<string, string>>): Env {
  const given = { ...environment(), ...flags };
  const { PERCH_TOKEN, PERCH_TOKEN_FILE } = given;
  if (PERCH_TOKEN || !PERCH_TOKEN_FILE) return given;
  try {
    return { ...given, PERCH_TOKEN: Deno.readTextFileSync(PERCH_TOKEN_FILE).trim() };
  } catch {
    // Not its name: it may be the token itself.
    const got = `a name of ${PERCH_TOKEN_FILE.length} characters`;
    return refuse([`PERCH_TOKEN_FILE: got ${got}, wanted a file this user can read`]);
  }
}

/** Every variable; only the settings where a service of an older release may not see the others. */
function environment(): Env {
  try {
    return Deno.env.toObject();
  } catch {
    const names = Object.keys(cameraSettings.shape);
    return Object.fromEntries(names.map((name) => [name, Deno.env.get(name)]));
  }
}

function needed(parsed: Parsed<Config>) {
  return parsed.ok ? parsed : refuse(parsed.problems);
}

async function run({ config, warnings }: ReturnType<typeof needed>): Promise<number> {
  let askedAt = Infinity;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      // A second wish does not wait for a camera that will not stop. Ctrl-C under `deno task` is
      // heard twice at once: from the terminal, and passed on by the task.
      if (clock.monotonic() - askedAt > SAME_WISH_MS) Deno.exit(1);
      askedAt = Math.min(askedAt, clock.monotonic());
      stop.abort();
    });
  }
  const format = Deno.env.get("JOURNAL_STREAM") && config.log === "text" ? "journald" : config.log;
  const write = (line: string) => console.log(terminal ? `${CLEAR_ROW}${line}` : line);
  const log: Log = createLog({ format, write, now: Date.now });
  const session = crypto.randomUUID().slice(0, 8);
  const agent = createAgent({ clock, log, random: Math.random, spawn, connect, session }, config);
  for (const warning of warnings) log.warn(lineOf(warning));
  log.info("starting", { url: shownAddress(config.url), cam: config.cam, source: config.source });
  const shown = showState({ clock, log, terminal, state: () => agent.state }, stop.signal);
  await agent.run(stop.signal);
  await shown;
  log.info("stopped");
  return 0;
}

async function doctor(parsed: Parsed<Config>): Promise<number> {
  const machine = { arch: Deno.build.arch, deno: Deno.version.deno };
  const deps = { clock, spawn, connect, ...machine, print: console.log };
  return await runDoctor(deps, parsed, stop.signal) ? 0 : 1;
}

async function systemd(given: Env, install: boolean): Promise<number> {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
  const machine = { deno: Deno.execPath(), root, source: given.PERCH_SOURCE };
  const unit = unitText(await Deno.readTextFile(`${root}/pi/perch-pi.service`), machine);
  const problems = unitProblems(machine);
  if (!install) {
    console.log(unit);
    for (const problem of problems) console.error(problem);
    return 0;
  }
  if (problems.length > 0) refuse(problems);
  const { config: { token }, warnings } = needed(parseConfig(given));
  for (const warning of warnings) console.error(lineOf(warning));
  const settings = Object.keys(cameraSettings.shape)
    .filter((name) => given[name] && !/^PERCH_TOKEN/.test(name))
    .map((name) => [name, given[name]] as const);
  const ask = (...command: string[]) => outputOf(spawn, command, stop.signal);
  const deps = { write: writeFile, ask, print: console.log };
  return await installService(deps, unit, settings, token) ? 0 : 1;
}

/** Ends the program over a mistake of its own. */
function crash(error: unknown): never {
  const given = (name: string) => (cli.ok && cli.settings[name]) || Deno.env.get(name) || "";
  const addresses = ["PERCH_INPUT", "PERCH_URL"].flatMap((name) => secretsOf(given(name)));
  const secrets = [given("PERCH_TOKEN"), ...addresses].filter(Boolean);
  console.error(withoutAddresses(String(error instanceof Error ? error.stack : error), secrets));
  Deno.exit(1);
}

async function main(cli: Cli): Promise<number> {
  if (!cli.ok) return refuse(cli.problems);
  if (cli.command === "help") {
    console.log(helpText());
    return 0;
  }
  const given = givenSettings(cli.settings);
  if (cli.command === "systemd") return await systemd(given, cli.install);
  const parsed = parseConfig(given);
  return cli.command === "doctor" ? await doctor(parsed) : await run(needed(parsed));
}

const cli = parseCli(Deno.args);
globalThis.addEventListener("unhandledrejection", ({ reason }) => crash(reason));
globalThis.addEventListener("error", ({ error }) => crash(error));
Deno.exit(await main(cli).catch(crash));
