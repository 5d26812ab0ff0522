// A task of deno.json as a child process whose lines are shown behind its name. The task, not the
// file, is run: so it has the task's permissions, and this program knows neither half.

/** A task that runs. */
export interface RunningTask {
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number>;
  /** Asks it to end. */
  stop(): void;
}

/**
 * Starts a task.
 *
 * @param env On top of this process's environment.
 * @param onLine Gets each line it writes, stdout and stderr alike.
 */
export function startTask(
  name: string,
  env: Record<string, string>,
  onLine: (line: string) => void,
): RunningTask {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = Promise.all([readLines(child.stdout, onLine), readLines(child.stderr, onLine)]);
  const ended = child.status.then(async ({ code }) => {
    await output;
    return code;
  });
  return {
    ended,
    stop() {
      try {
        child.kill("SIGTERM");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // It has ended already.
      }
    },
  };
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
  if (rest) onLine(rest);
}
