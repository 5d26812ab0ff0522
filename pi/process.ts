// The only place that starts programs. A child is asked to end with TERM, then KILLed, and nothing
// new starts while an old one lives. Never INT: a stalled rpicam-vid ignores it (rpicam-apps#660).

import type { Clock } from "../shared/clock.ts";
import { LineTail } from "./line_tail.ts";

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
export const TERM_MS = 3000;

/** Ms between KILL and giving a child up as stuck. */
export const KILL_MS = 5000;

/** Ms for what a dead child left in its pipes. */
const DRAIN_MS = 1000;

/** The exit code shells give for a program that is there but cannot be run. */
const CANNOT_RUN = 126;

/** How programs are started. */
export interface SpawnOptions {
  readonly clock: Clock;
  /** Variables on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes a {@link Spawn} that refuses to start anything while a stuck child lives. */
export function createSpawn({ clock, env }: SpawnOptions): Spawn {
  let stuck: { pid: number; stderr: readonly string[] } | undefined;
  return async (command, signal, onBytes, stdin) => {
    if (stuck) return { kind: "stuck", ...stuck };
    const tail = new LineTail([...command, ...(stdin?.split("'") ?? [])]);
    const child = start(command, env, stdin === undefined ? "null" : "piped", tail);
    if (!(child instanceof Deno.ChildProcess)) return child;
    // It may end before it has read all.
    if (stdin !== undefined) new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {});
    const decoder = new TextDecoder();
    const pipes = new AbortController();
    const drained = Promise.all([
      pump(child.stdout, onBytes, pipes.signal),
      pump(
        child.stderr,
        (chunk) => tail.push(decoder.decode(chunk, { stream: true })),
        pipes.signal,
      ),
    ]);
    const ended = child.status.then((status) => status.code);
    const code = await endOf(child, ended, clock, signal);
    if (code !== undefined) {
      await settledWithin(drained, DRAIN_MS, clock);
      pipes.abort();
      return { kind: "exited", code, stderr: tail.lines };
    }
    pipes.abort();
    const left = stuck = { pid: child.pid, stderr: tail.lines };
    ended.then(() => stuck = undefined);
    return { kind: "stuck", ...left };
  };
}

/** The child's exit code, or undefined where it outlived KILL. */
async function endOf(
  child: Deno.ChildProcess,
  ended: Promise<number>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number | undefined> {
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const first = await Promise.race([ended, aborted.promise]);
  signal.removeEventListener("abort", onAbort);
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
      // No camera program needs the password of the edge.
      env: { ...env, PERCH_TOKEN: "" },
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

async function pump(
  stream: ReadableStream<Uint8Array>,
  onBytes: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = stream.getReader();
  const cancel = () => reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes(value);
    }
  } catch {
    // A pipe that breaks says no more than its child's exit code does.
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** What `work` resolves to, or undefined where it takes longer than `ms`. */
async function settledWithin<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
): Promise<T | undefined> {
  const done = new AbortController();
  const timeout = clock.sleep(ms, done.signal).then(() => undefined, () => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    done.abort();
  }
}
