// The servers, camera and viewers of the bench, and its tables.

import { LoadCamera, nowMs, stampable } from "./load_camera.ts";
import { type Command, type GroupOptions, type Order, type Seen, spread } from "./load_crowd.ts";
import { baseline } from "./jpegs.ts";
import { RunningEdge, type RunningProgram, startEdge, TEST_TOKEN } from "./processes.ts";
import { TempDir } from "./temp.ts";
import { Workerd, type WorkerdOptions } from "./workerd.ts";

/** One line of a table. */
export type Row = Record<string, number | string>;

/** How long things are measured. */
export interface BenchOptions {
  /** Of a turn. */
  readonly frames: number;
  /** Viewers of streams, and turns of each server with so many; then those of other scenarios. */
  readonly crowds: readonly (readonly [viewers: number, turns: number])[];
  readonly viewers: number;
  readonly turns: number;
  /** Whether servers and load get a core each. */
  readonly pinned: boolean;
  print(text: string): void;
}

/** Frames a second, unless told otherwise. */
export const FPS = 10;
const SERVER_CORE = "0";
const LOAD_CORE = "1";
/** Answers that are under way when a turn ends come in this time, ms. */
const SETTLE_MS = 150;

/** A server and where it is. */
type Server = RunningProgram & { readonly url: string };

/** A server under test and the camera that feeds it. */
export interface Subject {
  readonly program: Server;
  readonly camera: LoadCamera;
  /** Before its first upload. */
  readonly residentMb: number;
}

/** A group of viewers and their server. */
export interface Watch extends Pick<GroupOptions, "path" | "everyMs" | "conditional" | "rate"> {
  readonly group: string;
  readonly subject: Subject;
}

/** What one turn has shown: ms of each upload, CPU seconds of server and load. */
export type Turn = Record<"seconds" | "cpu" | "loadCpu", number> & { seen: Seen; puts: number[] };

export type Scenario = (bench: Bench) => Promise<void>;

/** Servers, camera and crowd, and the tables that come of them. */
export class Bench {
  readonly options: BenchOptions;
  /** What was got in each round, and how it stands to what is wanted. */
  readonly #targets = new Map<string, { got: number[]; sign: "<=" | ">="; wanted: number }>();
  #servers = new AsyncDisposableStack();
  #crowd!: Server;
  #frame!: Uint8Array<ArrayBuffer>;

  constructor(options: BenchOptions) {
    this.options = options;
  }

  /** Runs one scenario with servers of its own. */
  async run(scenario: Scenario): Promise<void> {
    const pin = ["-acp", LOAD_CORE, `${Deno.pid}`];
    if (this.options.pinned) await new Deno.Command("taskset", { args: pin }).output();
    this.#frame ??= stampable(await baseline(352, 288));
    await using _servers = this.#servers = new AsyncDisposableStack();
    this.#crowd = this.#servers.use(await this.#script("load_crowd.ts", LOAD_CORE));
    await scenario(this);
  }

  /** The edge as it runs by default, with a store on disk. */
  async edge(): Promise<Subject> {
    const folder = this.#servers.use(new TempDir());
    const env = { PERCH_KV_PATH: `${folder}/kv.sqlite3`, PERCH_MAX_VIEWERS: "2000" };
    const program = await startEdge({ wrap: this.wrap(), env });
    return await this.#subject(program);
  }

  async plain(): Promise<Subject> {
    return await this.#subject(await this.#script("load_plain.ts", SERVER_CORE));
  }

  /** The edge on Workers' runtime, or another worker there. */
  async workers(options: WorkerdOptions = {}): Promise<Subject> {
    const vars = { PERCH_PUBLISH_TOKENS: TEST_TOKEN, PERCH_MAX_VIEWERS: "2000" };
    const program = await Workerd.start({ vars, wrap: this.wrap(), ...options });
    return await this.#subject(program);
  }

  /** What keeps a program on a core. */
  wrap(core = SERVER_CORE): string[] | undefined {
    return this.options.pinned ? ["taskset", "-c", core] : undefined;
  }

  /** Makes it so many viewers, over so many ms; resolves when new ones have a picture. */
  async join({ subject, group, ...watch }: Watch, viewers: number, overMs: number): Promise<void> {
    const [{ url }, size] = [subject.program, this.#frame.length];
    if (viewers > 0) await subject.camera.put();
    await this.#tell("join", group, { ...watch, viewers, overMs, size, url });
  }

  /** What a group saw; `fresh` also begins to count its frames anew. */
  async take(group: string, fresh = true): Promise<Seen> {
    const seen: Seen = await this.#tell("take", group, fresh);
    const [fault] = seen.faults;
    if (fault !== undefined) throw new Error(`${group}: ${seen.faults.length} times: ${fault}`);
    return seen;
  }

  /** Sends frames to all of `subjects`. Returns the ms that each took. */
  async feed(subjects: readonly Subject[], frames: number): Promise<number[]> {
    const puts: number[] = [];
    const startedAt = nowMs();
    for (let i = 0; i < frames; i++) {
      puts.push(...await Promise.all(subjects.map(({ camera }) => camera.put())));
      await sleepUntil(startedAt + 1000 * (i + 1) / FPS);
    }
    return puts;
  }

  /** Feeds the watched servers in turn. The first turn warms up and is forgotten. */
  async inTurns(watches: readonly Watch[], turns: number): Promise<Turn[][]> {
    const shown = watches.map((): Turn[] => []);
    const { frames } = this.options;
    for (let turn = -1; turn < turns; turn++) {
      const order = [...watches.keys()];
      for (const i of turn % 2 === 0 ? order : order.reverse()) {
        const { subject, group } = watches[i];
        const before = await this.#cpu(subject);
        const startedAt = nowMs();
        await this.#tell("turn", group, true);
        const puts = await this.feed([subject], frames);
        const seconds = (nowMs() - startedAt) / 1000;
        await this.#tell("turn", group, false);
        await sleepUntil(nowMs() + SETTLE_MS);
        const after = await this.#cpu(subject);
        const seen = await this.take(group, turn < 0);
        const [cpu, loadCpu] = after.map((spent, i) => spent - before[i]);
        if (turn >= 0) shown[i].push({ seen, puts, seconds, cpu, loadCpu });
      }
    }
    return shown;
  }

  /** Prints rows; where the first is the plain one, also how the others relate to it. */
  table(title: string, rows: readonly Row[]): void {
    const all = [...rows];
    const compared = Object.keys(rows[0]).filter((name) => /ms$|CPU/.test(name));
    for (const row of rows[0][""] === "plain" ? rows.slice(1) : []) {
      const ratios = compared.map((name) => [name, `x ${times(row, rows[0], name).toFixed(2)}`]);
      all.push({ "": `${row[""]} / plain`, ...Object.fromEntries(ratios) });
    }
    const columns = [...new Set(all.flatMap((row) => Object.keys(row)))];
    const lines = [columns, ...all.map((row) => columns.map((column) => cell(row[column])))];
    const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    const pad = (text: string, i: number) => i ? text.padStart(widths[i]) : text.padEnd(widths[i]);
    const text = lines.map((line) => line.map(pad).join("  ").trimEnd());
    this.options.print(["", title, ...text].join("\n"));
  }

  /** Notes a figure, of which so much is wanted at most, or at least. */
  target(what: string, got: number, sign: "<=" | ">=", wanted: number): void {
    const noted = this.#targets.get(what)?.got ?? [];
    this.#targets.set(what, { got: [...noted, got], sign, wanted });
  }

  /** Notes how a figure of one row relates to that of another: so many times as much at most. */
  ratio(what: string, row: Row, to: Row, name: string, wanted: number): void {
    this.target(what, times(row, to, name), "<=", wanted);
  }

  /** A table of all targets. Of several rounds the middle one counts. */
  showTargets(): void {
    const rows = [...this.#targets].map(([what, { got, sign, wanted }]): Row => {
      const figure = middle(got);
      const held = (sign === "<=" ? figure <= wanted : figure >= wanted) ? "yes" : "no";
      const rounds: Row = got.length > 1 ? { rounds: got.map(cell).join("  ") } : {};
      return { "": what, got: figure, wanted: `${sign} ${wanted}`, held, ...rounds };
    });
    if (rows.length > 0) this.table("targets", rows);
  }

  async #script(file: string, core: string): Promise<Server> {
    const args = ["run", "-q", "--allow-net=127.0.0.1", `${import.meta.dirname}/${file}`];
    const program = new RunningEdge(file, Deno.execPath(), args, { wrap: this.wrap(core) });
    [, program.url] = await program.line(/listening on (\S+)/);
    return program;
  }

  async #subject(program: Server): Promise<Subject> {
    this.#servers.use(program);
    const camera = new LoadCamera(this.#frame, program.url, TEST_TOKEN);
    this.#servers.defer(() => camera.close());
    const residentMb = await program.residentBytes() / 1e6;
    // An engine compiles in its first hundreds of uploads what then runs for months.
    for (let i = 0; i < 40 * this.options.frames; i++) await camera.put();
    return { program, camera, residentMb };
  }

  async #tell<O extends Order>(...command: Command<O>) {
    const body = JSON.stringify(command);
    return await (await fetch(this.#crowd.url, { method: "POST", body })).json();
  }

  /** CPU seconds of a server and of the crowd. Deno itself may not read /proc. */
  async #cpu({ program }: Subject): Promise<number[]> {
    const args = [program, this.#crowd].map(({ pid }) => `/proc/${pid}/stat`);
    const { stdout } = await new Deno.Command("cat", { args }).output();
    return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
      const [user, system] = line.slice(line.lastIndexOf(")")).split(" ").slice(12, 14);
      return (Number(user) + Number(system)) / 100;
    });
  }
}

/** A row. Percentiles are the middle of those of all turns: other programs spoil some turns. */
export function figures({ group, everyMs }: Watch, turns: readonly Turn[]): Row {
  const sum = (of: (turn: Turn) => number) => turns.reduce((all, turn) => all + of(turn), 0);
  const [seconds, cpu] = [sum((turn) => turn.seconds), sum((turn) => turn.cpu)];
  const { fewest, median, frames } = turns.at(-1)!.seen;
  const asks = everyMs !== undefined;
  const answers = sum(({ seen }) => seen.answer.count);
  const timed = everyMs ? "answer" : "age";
  return {
    "": group,
    ...asks
      ? { "answers/s": answers / seconds }
      : { "fps min": fewest / seconds, "fps med": median / seconds },
    [`${timed} p50 ms`]: middle(turns.map(({ seen }) => seen[timed].p50)),
    [`${timed} p99 ms`]: middle(turns.map(({ seen }) => seen[timed].p99)),
    "PUT p50 ms": middle(turns.map(({ puts }) => middle(puts))),
    "PUT worst ms": middle(turns.map(({ puts }) => Math.max(...puts))),
    "CPU s/1000": cpu / (asks ? answers : frames) * 1000,
    "cores": cpu / seconds,
    "load cores": sum((turn) => turn.loadCpu) / seconds,
  };
}

/** The value in the middle. */
export function middle(values: readonly number[]): number {
  return spread(values).p50;
}

function times(row: Row, to: Row, name: string): number {
  return Number(row[name]) / Number(to[name]);
}

/** Waits at least until the next turn of the event loop. */
function sleepUntil(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - nowMs())));
}

function cell(value: number | string | undefined): string {
  if (typeof value !== "number") return value ?? "";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
