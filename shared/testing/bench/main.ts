// deno task bench [scenario…] [--rounds n] [--json out.json] | --compare a.json b.json | --help
// Every scenario measures its subjects side by side in one run; nothing here passes or fails.

import { parseArgs } from "node:util";
import type { BenchOptions, BenchResult, Row, Scenario, ScenarioResult } from "./scenario.ts";
import { renderComparison, renderTable } from "./table.ts";

/** One line a scenario, one file a scenario. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "fan-out": {
    about: "frames to 10, 100, 300 and 1,000 viewers, 30 and 100 KB, 10 fps",
    usual: true,
    load: async () => (await import("./fan_out.ts")).benchFanOut,
  },
  saturation: {
    about: "300 viewers, 400 fps pushed: how many frames a second one core hands out",
    usual: true,
    load: async () => (await import("./saturation.ts")).benchSaturation,
  },
  turns: {
    about: "300 viewers, sockets and pollers, all servers alive and watched in turn",
    usual: false,
    load: async () => (await import("./turns.ts")).benchTurns,
  },
  sockets: {
    about: "300 viewers on WebSockets with acknowledgements, beside MJPEG",
    usual: true,
    load: async () => (await import("./sockets.ts")).benchSockets,
  },
  polling: {
    about: "300 pollers of /live.jpeg, every 150 ms or waiting, beside nginx",
    usual: true,
    load: async () => (await import("./polling.ts")).benchPolling,
  },
  slow: {
    about: "20 of 100 viewers on slow lines: how old their picture is",
    usual: true,
    load: async () => (await import("./slow.ts")).benchSlow,
  },
  join: {
    about: "a new viewer's first picture",
    usual: true,
    load: async () => (await import("./join.ts")).benchJoin,
  },
  memory: {
    about: "memory for each viewer more",
    usual: true,
    load: async () => (await import("./memory.ts")).benchMemory,
  },
  paint: {
    about: "from upload to pixel in Chromium, at 4 fps",
    usual: true,
    load: async () => (await import("./paint.ts")).benchPaint,
  },
  "cold-start": {
    about: "from process start to first answer",
    usual: true,
    load: async () => (await import("./cold_start.ts")).benchColdStart,
  },
  codec: {
    about: "JPEG splitter, inspection and stripping",
    usual: true,
    load: async () => (await import("./codec.ts")).benchCodec,
  },
  store: {
    about: "commits and reads of frames in Deno KV",
    usual: true,
    load: async () => (await import("./store.ts")).benchStore,
  },
  faults: {
    about: "what viewers see of each thing that goes wrong",
    usual: false,
    load: async () => (await import("./faults.ts")).benchFaults,
  },
  crowd: {
    about: "500 viewers for ten minutes, some slow, some restless: rates and memory",
    usual: false,
    load: async () => (await import("./endurance.ts")).benchCrowd,
  },
  silent: {
    about: "2,000 connections that never read beside 100 healthy viewers",
    usual: false,
    load: async () => (await import("./endurance.ts")).benchSilent,
  },
  soak: {
    about: "100,000 frames through the camera agent at top speed: memory and CPU",
    usual: false,
    load: async () => (await import("./soak.ts")).benchSoak,
  },
  idle: {
    about: "a simulated day of a camera that nobody watches: bytes sent",
    usual: false,
    load: async () => (await import("./idle.ts")).benchIdle,
  },
  cost: {
    about: "what a day costs in KV units, uploads and reads, beside what is free",
    usual: true,
    load: async () => (await import("./cost.ts")).benchCost,
  },
  wake: {
    about: "from the first viewer to a picture of now, one instance and two",
    usual: true,
    load: async () => (await import("./wake.ts")).benchWake,
  },
  kills: {
    about: "200 edges killed while they store, for each kind of store: what others show",
    usual: false,
    load: async () => (await import("./kills.ts")).benchKills,
  },
  phone: {
    about: "a phone at 400 kbit/s: age of the picture on its screen by each road",
    usual: false,
    load: async () => (await import("./phone.ts")).benchPhone,
  },
  luck: {
    about: "four simulated weeks of random trouble for the camera agent",
    usual: false,
    load: async () => (await import("./luck.ts")).benchLuck,
  },
  instances: {
    about: "age of frames on an instance that does not receive the camera",
    usual: true,
    load: async () => (await import("./instances.ts")).benchInstances,
  },
};

const USAGE = `deno task bench [scenario…] [options]
deno task bench --compare a.json b.json

  --rounds n                     measure each subject so often, give the medians (default 1)
  --json file                    write the figures as JSON too
  --beside name=command          another server for fan-out, saturation, turns; {port} is put in,
                                 PUT /live.jpeg and GET /stream.mjpeg are expected
`;

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    json: { type: "string" },
    rounds: { type: "string", default: "1" },
    beside: { type: "string", multiple: true, default: [] },
    compare: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});
const unknown = positionals.filter((name) => !values.compare && !(name in SCENARIOS));
if (values.help || unknown.length > 0) showHelp(unknown);
else if (values.compare) await compare(positionals);
else {await bench(positionals, values.json, {
    rounds: Number(values.rounds),
    beside: values.beside,
  });}

function showHelp(unknown: readonly string[]): void {
  for (const name of unknown) console.error(`There is no scenario ${name}.`);
  console.log(USAGE);
  for (const [name, { about, usual }] of Object.entries(SCENARIOS)) {
    console.log(`  ${name.padEnd(12)}${about}${usual ? "" : " (only when named)"}`);
  }
  if (unknown.length > 0) Deno.exit(2);
}

async function compare(paths: readonly string[]): Promise<void> {
  if (paths.length !== 2) {
    console.error(`--compare: got ${paths.length} files, wanted two.`);
    Deno.exit(2);
  }
  const [a, b] = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  console.log(renderComparison(JSON.parse(a), JSON.parse(b)));
}

async function bench(
  names: readonly string[],
  json: string | undefined,
  options: BenchOptions,
): Promise<void> {
  const wanted = names.length > 0
    ? names
    : Object.keys(SCENARIOS).filter((name) => SCENARIOS[name].usual);
  const results: ScenarioResult[] = [];
  for (const name of wanted) {
    results.push(await measure(name, SCENARIOS[name], options));
    if (json) await Deno.writeTextFile(json, JSON.stringify(describe(results), null, 2));
  }
}

async function measure(
  name: string,
  { about, load }: Scenario,
  options: BenchOptions,
): Promise<ScenarioResult> {
  console.log(`\n${name}: ${about}`);
  const rows: Row[] = [];
  const notes: string[] = [];
  const started = performance.now();
  await (await load())({
    row: (subject, figures) => rows.push({ subject, figures }),
    note: (text) => notes.push(text),
  }, options);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.log(renderTable(rows));
  for (const note of notes) console.log(`  ${note}`);
  return { scenario: name, rows, notes, seconds };
}

function describe(results: readonly ScenarioResult[]): BenchResult {
  const { cpus, model } = machine();
  return {
    at: new Date().toISOString(),
    machine: `${cpus} x ${model}`,
    deno: Deno.version.deno,
    results,
  };
}

function machine(): { cpus: number; model: string } {
  try {
    const info = Deno.readTextFileSync("/proc/cpuinfo");
    const model = /^model name\s*: (.*)$/m.exec(info)?.[1] ?? Deno.build.arch;
    return { cpus: navigator.hardwareConcurrency, model };
  } catch {
    return { cpus: navigator.hardwareConcurrency, model: Deno.build.arch };
  }
}
