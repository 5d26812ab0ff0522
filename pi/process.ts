// The only place that starts programs. A child is asked to end with TERM, then KILLed, and nothing
// new starts while an old one lives. Never INT: a stalled rpicam-vid ignores it (rpicam-apps#660).

import { secretsOf, withoutAddresses } from "../shared/addresses.ts";
import type { Clock } from "../shared/clock.ts";
import { SETTING_NAMES } from "../shared/setting_names.ts";
import { scoped, untilAborted, within } from "../shared/timeout.ts";

/** How a program's run ended. `stderr` holds its last lines, oldest first. */
export type ChildOutcome =
  | {
    readonly kind: "exited";
    /** 128 + n where signal n ended it. */
    readonly code: number;
    readonly stderr: readonly string[];
  }
  /** There is no such program on this machine. */
  | { readonly kind: "missing" }
  /** It, or one started earlier, is still there after KILL. */
  | { readonly kind: "stuck"; readonly pid: number; readonly stderr: readonly string[] };

/**
 * Runs a program until it ends, or until `signal` aborts and it has been made to end.
 *
 * @param command The program and its arguments; no shell is involved.
 * @param onBytes Gets what it writes to stdout, as it writes it.
 * @param stdin What it reads: for words that are not everybody's, as its arguments are.
 */
export type Spawn = (
  command: readonly string[],
  signal: AbortSignal,
  onBytes: (chunk: Uint8Array) => void,
  stdin?: string,
) => Promise<ChildOutcome>;

/** Ms between TERM and KILL. */
const TERM_MS = 3000;

/** Ms between KILL and giving a child up as stuck. */
const KILL_MS = 5000;

/** Ms for what a dead child left in its pipes. */
const DRAIN_MS = 1000;

/** The exit code shells give for a program that is there but cannot be run. */
const CANNOT_RUN = 126;

/** What hides the settings of both programs, which may share one `.env`, from a child. */
const NO_SETTINGS = Object.fromEntries(
  [...SETTING_NAMES, "DENO_KV_ACCESS_TOKEN"].map((name) => [name, ""]),
);

/**
 * Makes a {@link Spawn} that refuses to start anything while a stuck child lives.
 *
 * @param env Variables on top of this process's own.
 */
export function createSpawn(
  { clock, env }: { readonly clock: Clock; readonly env?: Record<string, string> },
): Spawn {
  let stuck: ChildOutcome | undefined;
  return async (command, signal, onBytes, stdin) => {
    if (stuck) return stuck;
    const tail = new LineTail([...command, ...(stdin?.split("'") ?? [])]);
    const child = start(command, env, stdin === undefined ? "null" : "piped", tail);
    if (!(child instanceof Deno.ChildProcess)) return child;
    // It may end before it has read all.
    if (stdin !== undefined) new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {});
    const decoder = new TextDecoder();
    const pipes = new AbortController();
    const pump = (pipe: ReadableStream<Uint8Array>, write: (chunk: Uint8Array) => void) =>
      pipe.pipeTo(new WritableStream({ write }), { signal: pipes.signal });
    // A pipe that breaks says no more than its child's exit code does.
    const drained = Promise.allSettled([
      pump(child.stdout, onBytes),
      pump(child.stderr, (chunk) => tail.push(decoder.decode(chunk, { stream: true }))),
    ]);
    const ended = child.status.then((status) => status.code);
    const code = await endOf(child, ended, clock, signal);
    if (code !== undefined) {
      await settledWithin(drained, DRAIN_MS, clock);
      pipes.abort();
      return { kind: "exited", code, stderr: tail.lines };
    }
    pipes.abort();
    ended.then(() => stuck = undefined);
    return stuck = { kind: "stuck", pid: child.pid, stderr: tail.lines };
  };
}

/** The child's exit code, or undefined where it outlived KILL. */
async function endOf(
  child: Deno.ChildProcess,
  ended: Promise<number>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number | undefined> {
  const first = signal.aborted ? undefined : await scoped(
    signal,
    (scope) => Promise.race([ended, untilAborted(scope.signal)]),
  );
  if (first !== undefined) return first;
  kill(child, "SIGTERM");
  const afterTerm = await settledWithin(ended, TERM_MS, clock);
  if (afterTerm !== undefined) return afterTerm;
  kill(child, "SIGKILL");
  return await settledWithin(ended, KILL_MS, clock);
}

function start(
  [program, ...args]: readonly string[],
  env: Readonly<Record<string, string>> | undefined,
  stdin: "null" | "piped",
  tail: LineTail,
): Deno.ChildProcess | ChildOutcome {
  try {
    return new Deno.Command(program, {
      args,
      stdin,
      stdout: "piped",
      stderr: "piped",
      // No camera program needs a setting, and many are secrets.
      env: { ...NO_SETTINGS, ...env },
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "missing" };
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    // A machine short of memory or processes may have some again in a minute.
    tail.push(error.message);
    return { kind: "exited", code: CANNOT_RUN, stderr: tail.lines };
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It ended by itself in this very moment.
  }
}

/** What `work` resolves to, or undefined where it takes longer than `ms`. */
function settledWithin<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const never = new AbortController().signal;
  return within(clock, ms, never, (timed) => Promise.race([work, untilAborted(timed)]));
}

export const TAIL_LINES = 50;

/** Characters kept of a line. */
export const TAIL_LINE_LENGTH = 400;

/** Characters looked at of a line: more than are kept, so that none ends inside an address. */
const MAX_LINE = 16 * TAIL_LINE_LENGTH;

/**
 * The last lines a program wrote, for a person who asks why it failed: bounded, whatever it writes, and
 * without what the addresses in them say.
 */
export class LineTail {
  readonly #secrets: readonly string[];
  #lines: string[] = [];
  #rest = "";

  /** @param command What the program was started with: it may repeat what it is to open. */
  constructor(command: readonly string[] = []) {
    this.#secrets = command.flatMap(secretsOf);
  }

  push(text: string): void {
    // As on a terminal, what stands before a carriage return is written over.
    const lines = (this.#rest + text).split("\n")
      .map((line) => line.slice(line.lastIndexOf("\r", line.length - 2) + 1));
    this.#rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    const kept = lines.filter((line) => line.trim()).map((line) => this.#clean(line));
    this.#lines = [...this.#lines, ...kept].slice(-TAIL_LINES);
  }

  get lines(): string[] {
    const rest = this.#rest.trim() ? [this.#clean(this.#rest)] : [];
    return [...this.#lines, ...rest].slice(-TAIL_LINES);
  }

  #clean(line: string): string {
    const text = withoutAddresses(line.slice(0, MAX_LINE), this.#secrets);
    return text.trimEnd().slice(0, TAIL_LINE_LENGTH);
  }
}

/** What a program wrote, and how it ended; `stderr` as in {@link ChildOutcome}. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: readonly string[];
}

/** Characters kept of an answer. */
const MAX_LENGTH = 64 * 1024;

/** Runs `command` to its end. @returns Undefined where it is not there, or cannot be stopped. */
export async function outputOf(
  spawn: Spawn,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Output | undefined> {
  const decoder = new TextDecoder();
  let stdout = "";
  const outcome = await spawn(command, signal, (chunk) => {
    if (stdout.length < MAX_LENGTH) stdout += decoder.decode(chunk, { stream: true });
  });
  return outcome.kind === "exited"
    ? { code: outcome.code, stdout, stderr: outcome.stderr }
    : undefined;
}
