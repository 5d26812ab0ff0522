// deno task bench: what the edge costs beside a plain `Deno.serve` that does the same without an app,
// in one run. Both are alive all the time, each with its viewers, and the camera feeds them in turn,
// two seconds each, so that the machine's slow moments meet both. Ratios are what to look at: figures
// belong to the machine.

import { parseArgs } from "node:util";
import { Bench, figures, FPS, middle, type Row, type Scenario, type Watch } from "./load_bench.ts";
import type { Seen } from "./load_crowd.ts";
import { RunningProgram, startEdge } from "./processes.ts";
import { toolPath } from "./tools.ts";

const CROWDS = [[10, 3], [100, 3], [300, 10], [1000, 10]] as const;
const OPTIONS = { frames: 20, crowds: CROWDS, viewers: 300, turns: 4, print: console.log };

const MJPEG = { path: "/stream.mjpeg" };
const STILL = { path: "/live.jpeg", everyMs: 150 };
const LONG_POLL = { path: "/live.jpeg?wait=20", everyMs: 0, conditional: true };
const PAGE_STREAM = { path: "/live.stream?cams=cam" };
const PAGE_POLL = { path: "/live?cams=cam&have={version}&wait=20", everyMs: 0 };
const EMPTY_APP = `import { Hono } from "hono";
const app = new Hono().get("/live.jpeg", (context) => context.body("empty"));
Deno.serve({ hostname: "127.0.0.1", port: 0 }, app.fetch);`;

/** The plain stream first, then the roads of the edge, each with an edge of its own. */
async function streams(bench: Bench): Promise<Watch[]> {
  return [
    { ...MJPEG, group: "plain", subject: await bench.plain() },
    { ...MJPEG, group: "edge MJPEG", subject: await bench.edge() },
    { ...PAGE_STREAM, group: "edge page", subject: await bench.edge() },
  ];
}

/** Streams to so many viewers, and a table of what that cost. */
async function crowd(
  bench: Bench,
  watches: readonly Watch[],
  viewers: number,
  turns: number,
  title: string,
): Promise<Row[]> {
  for (const watch of watches) await bench.join(watch, viewers, viewers);
  const shown = await bench.inTurns(watches, turns);
  const rows: Row[] = [];
  for (const [i, watch] of watches.entries()) {
    const mb = await watch.subject.program.residentBytes() / 1e6;
    const each = viewers < 1000 ? "" : (mb - watch.subject.residentMb) / viewers * 1000;
    rows.push({ ...figures(watch, shown[i]), "MB": mb, "KB/viewer": each });
  }
  bench.table(`${title}, ${FPS} fps`, rows);
  return rows;
}

/** Streams to crowds that grow. */
export const fanOut: Scenario = async (bench) => {
  const watches = await streams(bench);
  for (const [viewers, turns] of bench.options.crowds) {
    const rows = await crowd(bench, watches, viewers, turns, `${viewers} viewers`);
    for (const row of viewers < 300 ? [] : rows.slice(1)) {
      const what = `${row[""]}, ${viewers} viewers`;
      bench.ratio(`${what}: age p99 / plain`, row, rows[0], "age p99 ms", 1.2);
      bench.ratio(`${what}: PUT p50 / plain`, row, rows[0], "PUT p50 ms", 1.2);
      if (viewers > 300) bench.target(`${what}: lowest fps`, Number(row["fps min"]), ">=", 9.8);
      else bench.ratio(`${what}: CPU a frame / plain`, row, rows[0], "CPU s/1000", 1.1);
    }
  }
};

/** Streams from one Durable Object, beside one without an app. Wants `deno task workers:build` before. */
export const workers: Scenario = async (bench) => {
  const entry = "shared/testing/load_plain.ts";
  const watches: Watch[] = [
    { ...MJPEG, group: "plain", subject: await bench.workers({ entry, object: "PlainObject" }) },
    { ...MJPEG, group: "edge MJPEG", subject: await bench.workers() },
    { ...PAGE_STREAM, group: "edge page", subject: await bench.workers() },
  ];
  for (const viewers of [100, 300]) {
    const title = `${viewers} viewers of one Durable Object`;
    const rows = await crowd(bench, watches, viewers, bench.options.turns, title);
    for (const row of rows.slice(1)) {
      const what = `${row[""]} on Workers, ${viewers} viewers`;
      bench.ratio(`${what}: CPU a frame / plain`, row, rows[0], "CPU s/1000", 1.25);
      if (viewers === 100) bench.target(`${what}: lowest fps`, Number(row["fps min"]), ">=", 9.5);
    }
  }
};

/** Those who ask again and again. */
export const polling: Scenario = async (bench) => {
  const [plain, edge] = [await bench.plain(), await bench.edge()];
  const { viewers, turns } = bench.options;
  const kinds = [
    { kind: "long poll", plainRoad: LONG_POLL, road: LONG_POLL },
    { kind: "page's long poll", plainRoad: LONG_POLL, road: PAGE_POLL },
    { kind: "poll every 150 ms", plainRoad: STILL, road: STILL },
  ];
  for (const { kind, plainRoad, road } of kinds) {
    const watches: Watch[] = [
      { ...plainRoad, group: "plain", subject: plain },
      { ...road, group: "edge", subject: edge },
    ];
    for (const watch of watches) await bench.join(watch, viewers, viewers);
    const shown = await bench.inTurns(watches, turns);
    const rows = watches.map((watch, i) => figures(watch, shown[i]));
    bench.table(`${viewers} viewers, ${kind}`, rows);
    const what = `edge, ${viewers} viewers, ${kind}: CPU an answer / plain`;
    bench.ratio(what, rows[1], rows[0], "CPU s/1000", 1.15);
    for (const watch of watches) await bench.join(watch, 0, 0);
  }
};

/** A fifth of the viewers on lines that carry two frames a second. */
export const slowLines: Scenario = async (bench) => {
  const [plain, edge] = [await bench.plain(), await bench.edge()];
  const roads: Watch[] = [
    { ...MJPEG, group: "plain MJPEG", subject: plain },
    { ...MJPEG, group: "edge MJPEG", subject: edge },
    { ...LONG_POLL, group: "edge long poll", subject: edge },
    { ...PAGE_STREAM, group: "edge page stream", subject: edge },
    { ...PAGE_POLL, group: "edge page long poll", subject: edge },
  ];
  const slow = (group: string) => `${group}, slow`;
  const few = Math.ceil(Math.min(100, bench.options.viewers) / 5);
  for (const road of roads) {
    await bench.join(road, 4 * few, 4 * few);
    await bench.join({ ...road, group: slow(road.group), rate: 64 * 1024 }, few, few);
  }
  // Twenty seconds until the buffers on the way are full, and twice twenty that are compared.
  const frames = 10 * bench.options.frames;
  const parts: Seen[][] = [];
  for (let part = 0; part < 3; part++) {
    await bench.feed([edge, plain], frames);
    parts.push(await Promise.all(roads.map(({ group }) => bench.take(slow(group)))));
  }
  const healthy = await Promise.all(roads.map(({ group }) => bench.take(group)));
  const seconds = frames / FPS;
  const rows = roads.map(({ group }, i): Row => ({
    "": group,
    "slow fps": parts[2][i].median / seconds,
    [`age p95 ms, ${2 * seconds} s`]: parts[1][i].age.p95,
    [`age p95 ms, ${3 * seconds} s`]: parts[2][i].age.p95,
    "grows ms/s": (parts[2][i].age.p50 - parts[1][i].age.p50) / seconds,
    "healthy fps min": healthy[i].fewest / seconds / 3,
    "healthy p95 ms": healthy[i].age.p95,
  }));
  bench.table(`${few} of ${5 * few} viewers of each road read 64 KB/s`, rows);
};

/** How soon somebody new has a picture. */
export const firstPicture: Scenario = async (bench) => {
  const watches = await streams(bench);
  const { frames, turns } = bench.options;
  const found = watches.map((): Seen["first"][] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, watch] of watches.entries()) {
      const { group, subject } = watch;
      const joining = bench.join(watch, 2 * frames, 1000 * frames / FPS);
      await Promise.all([joining, bench.feed([subject], frames)]);
      found[i].push((await bench.take(group)).first);
      await bench.join(watch, 0, 0);
    }
  }
  const rows = watches.map(({ group }, i): Row => ({
    "": group,
    "p50 ms": middle(found[i].map(({ p50 }) => p50)),
    "p95 ms": middle(found[i].map(({ p95 }) => p95)),
  }));
  bench.table("first picture of a new viewer, from connecting to its last byte", rows);
  for (const row of rows.slice(1)) {
    bench.ratio(`${row[""]}: first picture / plain`, row, rows[0], "p50 ms", 1.5);
  }
};

/** From a process's start to its first answer. */
export const coldStart: Scenario = async (bench) => {
  const [options, app] = [{ wrap: bench.wrap() }, ["eval", EMPTY_APP]];
  const kinds: [string, () => RunningProgram | Promise<RunningProgram>][] = [
    ["empty Hono app", () => new RunningProgram("app", Deno.execPath(), app, options)],
    ["edge", () => startEdge(options)],
  ];
  const found = kinds.map((): number[] => []);
  // The first start fills Deno's caches.
  for (let turn = -1; turn < bench.options.turns; turn++) {
    for (const [i, [, start]] of kinds.entries()) {
      const startedAt = performance.now();
      await using program = await start();
      const [, port] = await program.line(/listening on \S+:(\d+)/i);
      await (await fetch(`http://127.0.0.1:${port}/live.jpeg`)).body?.cancel();
      if (turn >= 0) found[i].push(performance.now() - startedAt);
    }
  }
  const rows = kinds.map(([name], i): Row => ({ "": name, "p50 ms": middle(found[i]) }));
  bench.table("cold start, to the first answer", rows);
  const more = middle(found[1]) - middle(found[0]);
  bench.target("edge: cold start, ms more than an empty Hono app", more, "<=", 150);
};

/** By their names on the command line. */
const SCENARIOS: Readonly<Record<string, readonly [Scenario, what: string]>> = {
  "fan-out": [fanOut, "streams to 10, 100, 300 and 1,000 viewers, 10 pictures of 31 KB a second"],
  "polling": [polling, "300 viewers by long poll and by polling"],
  "slow": [slowLines, "20 of 100 viewers on slow lines"],
  "first": [firstPicture, "first picture of a new viewer"],
  "cold-start": [coldStart, "from the start of the process to its first answer"],
  "workers": [workers, "streams from one Durable Object on Workers' runtime"],
};

const HELP = `deno task bench [scenario ...] [--rounds n]

What the edge costs beside a plain Deno.serve that does the same, in one run of several minutes.

${Object.entries(SCENARIOS).map(([name, [, what]]) => `  ${name.padEnd(12)}${what}`).join("\n")}
  --rounds n  measures n times, each time with new processes: the middle one counts

Servers get one core, viewers and camera the other (taskset). Nothing fails: the end says what is held.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: "string", default: "1" }, help: { type: "boolean" } },
  });
  if (values.help) return console.log(HELP);
  const rounds = Number(values.rounds);
  const names = positionals.length > 0 ? positionals : Object.keys(SCENARIOS);
  if (!names.every((name) => Object.hasOwn(SCENARIOS, name)) || !(rounds >= 1)) {
    console.error(`deno task bench: got ${Deno.args.join(" ")}, wanted\n\n${HELP}`);
    Deno.exit(2);
  }
  const pinned = navigator.hardwareConcurrency >= 2 && toolPath("taskset") !== undefined;
  if (!pinned) console.log("no taskset or one core: servers and load share what there is");
  const busy = Deno.loadavg().map((load) => load.toFixed(2)).join(" ");
  console.log(`Deno ${Deno.version.deno}, ${Deno.build.target}, load average before: ${busy}`);
  const bench = new Bench({ ...OPTIONS, pinned });
  for (const name of names) {
    // Two starts of the same server differ by a tenth for as long as they run.
    for (let round = 0; round < rounds; round++) await bench.run(SCENARIOS[name][0]);
  }
  bench.showTargets();
}

if (import.meta.main) await main();
