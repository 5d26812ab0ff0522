// The real programs as child processes, for tests: the command line of their task in deno.json, so
// that its permissions are tested too, an environment of the test's own, and port 0.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** A publish token long enough for the edge. */
export const TEST_TOKEN = "a-token-only-for-tests";

/** How long a line may take to appear before a test is told that it never came. */
const LINE_DEADLINE_MS = 60_000;

/** How a program is started. */
export interface StartOptions {
  /** Added to the few variables that Deno itself needs; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its task in deno.json, where that is another than its name. */
  readonly task?: string;
  /** Arguments after the entry file. */
  readonly args?: readonly string[];
  /** A command that gets the program's own command line as its last arguments and runs it. */
  readonly wrap?: readonly string[];
  /** The Deno that runs it. Default: this one. */
  readonly deno?: string;
  /** Working folder. Default: the project's. */
  readonly cwd?: string;
  /** Signals go to it and all its children, as Ctrl-C in a terminal does. */
  readonly group?: boolean;
}

/** A started program and all it has written, stdout and stderr together, line by line. */
export class RunningProgram implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #group: boolean;
  readonly #output: Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #ended = false;

  constructor(name: string, command: string, args: readonly string[], options: StartOptions = {}) {
    this.#name = name;
    this.#group = options.group ?? false;
    const [first, ...rest] = [...(options.wrap ?? []), command, ...args];
    this.#child = new Deno.Command(first, {
      args: rest,
      cwd: options.cwd ?? ROOT,
      clearEnv: true,
      env: { ...inheritedEnv(), ...options.env },
      detached: this.#group,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = Promise.all([
      this.#collect(this.#child.stdout),
      this.#collect(this.#child.stderr),
    ])
      .then(() => {
        this.#ended = true;
        this.#wake();
      });
    this.status = this.#child.status;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** All output so far. */
  get output(): string {
    return this.lines.join("\n");
  }

  /**
   * The first line that matches, past or future.
   *
   * @param after Lines before this index are not looked at. Default 0.
   * @param deadlineMs How long it may take. Default a minute.
   * @throws When the program ends or the time passes without it; the message holds the output.
   */
  line(
    pattern: RegExp,
    after = 0,
    deadlineMs: number = LINE_DEADLINE_MS,
  ): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle();
      };
      const missing = (why: string) =>
        finish(() =>
          reject(new Error(`${this.#name} ${why} without a line like ${pattern}:\n${this.output}`))
        );
      const timer = setTimeout(() => missing(`ran ${deadlineMs / 1000} s`), deadlineMs);
      const look = () => {
        for (let i = after; i < this.lines.length; i++) {
          const match = pattern.exec(this.lines[i]);
          if (match) return finish(() => resolve(match));
        }
        if (this.#ended) missing("ended");
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Sends a signal; nothing happens where the program has ended already. */
  kill(signal: Deno.Signal): void {
    try {
      if (this.#group) Deno.kill(-this.pid, signal);
      else this.#child.kill(signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Sends a signal and waits until the program and its output have ended. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> {
    this.kill(signal);
    return await this.ended();
  }

  /** What it holds of memory. Deno itself may not read /proc, and minimal systems have no `ps`. */
  async residentBytes(): Promise<number> {
    const { stdout } = await new Deno.Command("cat", { args: [`/proc/${this.pid}/status`] })
      .output();
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1] ?? 0) * 1024;
  }

  /** Waits until the program and its output have ended. */
  async ended(): Promise<Deno.CommandStatus> {
    const status = await this.status;
    await this.#output;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
      this.#wake();
    }
    if (rest) this.lines.push(rest);
    this.#wake();
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Ms for which programs and this one have waited for a CPU until now, all threads; 0 where nobody tells. */
export async function waitedForCpu(programs: readonly RunningProgram[]): Promise<number> {
  const pids = [Deno.pid, ...programs.map(({ pid }) => pid)];
  // In a shell, because Deno reads `/proc` with all permissions only.
  const script = "for pid; do cat /proc/$pid/task/*/schedstat; done";
  const args = ["-c", script, "sh", ...pids.map(String)];
  const { stdout } = await new Deno.Command("sh", { args, stderr: "null" }).output();
  const threads = new TextDecoder().decode(stdout).trim().split("\n");
  return threads.reduce((ms, line) => ms + Number(line.split(" ")[1] ?? 0) / 1e6, 0);
}

/** An edge that listens, and where. */
export class RunningEdge extends RunningProgram {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url = "";

  /** Its lines of trouble, but that it had no CPU for a second: a busy machine brings that. */
  get troubles(): string[] {
    const isStall = (line: string) => line.includes("did nothing for a while");
    return this.lines.filter((line) => /WARN|ERROR/.test(line) && !isStall(line));
  }

  /** What `/health` says, but for the same, which it tells of for a minute. */
  async health(): Promise<string> {
    return await healthLine(this.url);
  }

  /** A sample of its /metrics. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    if (!line) throw new Error(`${name} is not in /metrics`);
    return Number(line.slice(name.length + 1));
  }
}

/**
 * Starts the edge and waits until it listens.
 *
 * Unless `env` says otherwise: a free port of 127.0.0.1, KV in memory, `TEST_TOKEN` for any camera,
 * sockets for viewers.
 */
export async function startEdge(options: StartOptions = {}): Promise<RunningEdge> {
  const deno = options.deno ?? Deno.execPath();
  const edge = new RunningEdge("edge", deno, await taskArgs(options.task ?? "edge", options.args), {
    ...options,
    env: {
      HOST: "127.0.0.1",
      PORT: "0",
      PERCH_KV_PATH: ":memory:",
      PERCH_PUBLISH_TOKENS: TEST_TOKEN,
      PERCH_VIEWER_SOCKETS: "true",
      ...options.env,
    },
  });
  try {
    const [, port] = await edge.line(/listening on https?:\/\/\S+?:(\d+)/i);
    edge.url = `http://127.0.0.1:${port}`;
    return edge;
  } catch (error) {
    await edge.stop("SIGKILL");
    throw error;
  }
}

/**
 * Starts the camera agent against an edge.
 *
 * Unless `env` says otherwise: the pattern source at 320x240 with `TEST_TOKEN`.
 */
export async function startPi(url: string, options: StartOptions = {}): Promise<RunningProgram> {
  return new RunningProgram("pi", Deno.execPath(), await taskArgs("pi", options.args), {
    ...options,
    env: {
      PERCH_URL: url,
      PERCH_TOKEN: TEST_TOKEN,
      PERCH_SOURCE: "pattern",
      PERCH_WIDTH: "320",
      PERCH_HEIGHT: "240",
      ...options.env,
    },
  });
}

/** A `wrap` that has a program run `code` before itself. */
export function preloaded(code: string): string[] {
  const script = 'deno=$1 run=$2; shift 2; exec "$deno" "$run" --preload="$0" "$@"';
  return ["sh", "-c", script, `data:text/javascript,${encodeURIComponent(code)}`];
}

/** Starts a task's program without waiting for anything, for tests of refusals. */
export async function startTask(
  task: string,
  options: StartOptions = {},
): Promise<RunningProgram> {
  return new RunningProgram(task, Deno.execPath(), await taskArgs(task, options.args), options);
}

/** Registers a test that runs in a process of its own, which is the file that it stands in. */
export async function linuxTestAlone(
  { filename }: ImportMeta,
  name: string,
  fn: () => Promise<void>,
): Promise<void> {
  if (Deno.args[0] === "alone") await fn();
  Deno.test({ name, ignore: Deno.build.os !== "linux" }, async () => {
    const args = ["run", "-q", "--allow-net", "--allow-ffi", filename!, "alone"];
    await using alone = new RunningProgram(name, Deno.execPath(), args);
    assert.equal((await alone.ended()).code, 0, alone.output);
  });
}

/** What the `/health` of an edge says, but that it had no CPU for a second. */
export async function healthLine(url: string): Promise<string> {
  const line = (await (await fetch(`${url}/health`)).text()).trim();
  return line.replace(/^stalled: [^;]*(; |$)/, "") || "ok";
}

/** Sends one picture as a camera does. */
export function putFrame(
  url: string,
  jpeg: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/live.jpeg`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "image/jpeg", ...headers },
    body: jpeg,
  });
}

/** The arguments that `deno task <name>` runs Deno with, and `extra` behind them. */
async function taskArgs(name: string, extra: readonly string[] = []): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const task = tasks[name];
  const command: string = typeof task === "string" ? task : task.command;
  const words = command.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const [program, ...args] = words.map((word) => word.replaceAll('"', ""));
  if (program !== "deno" || args[0] !== "run") {
    throw new Error(
      `deno.json: task "${name}" is "${command}", wanted it to start with "deno run"`,
    );
  }
  // A developer's own .env must not change what a test sees.
  return [...args.filter((arg) => !arg.startsWith("--env-file")), ...extra];
}

const INHERITED = /^(PATH|HOME|TMPDIR|DENO_DIR|XDG_CACHE_HOME|npm_config_\w+)$/i;

function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => INHERITED.test(name)),
  );
}
