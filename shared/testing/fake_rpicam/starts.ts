// A file with one line per start of a camera program: how faults of "the first n starts" know, and how
// tests see which children there were, and whether two ever ran at once.

/** One start of a program that opens the camera. */
export interface Start {
  readonly pid: number;
  /** Unix ms. */
  readonly at: number;
  readonly name: string;
  readonly args: readonly string[];
  /** Earlier ones that were still running. */
  readonly running: readonly number[];
}

/** Notes a start in `file` and says which one it is, from 1. */
export function recordStart(file: string | undefined, name: string, args: string[]): number {
  if (!file) return 1;
  const running = readStarts(file).map(({ pid }) => pid).filter(isRunning);
  const start: Start = { pid: Deno.pid, at: Date.now(), name, args, running };
  Deno.writeTextFileSync(file, JSON.stringify(start) + "\n", { append: true });
  return readStarts(file).length;
}

export function readStarts(file = ""): Start[] {
  try {
    const lines = Deno.readTextFileSync(file).trim().split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Whether a process exists. SIGCONT does nothing to one that runs, and /proc needs every permission. */
export function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}
