// The servers that the bench holds side by side, each started anew for each measurement.

import { RunningProgram, startEdge, TEST_TOKEN } from "../processes.ts";
import { pin, pinned } from "./usage.ts";

/** The core that a server under test has for itself; load and camera are on the next. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** A server that runs. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  readonly program: RunningProgram;
  /** Sent by camera and viewers; the edge wants it, others pass over it. */
  readonly token: string;
  readonly streamPath: string;
  readonly socketPath: string;
  /** Bytes before the JPEG in its WebSocket messages. */
  readonly skip: number;
}

/** A kind of server. */
export interface Subject {
  readonly name: string;
  start(): Promise<Server>;
}

/** The whole app as it runs by default: store on a disk, tokens on both sides, metrics, limits. */
export const edge: Subject = edgeWith("edge", {});

/** The edge with other settings. */
export function edgeWith(name: string, env: Readonly<Record<string, string>>): Subject {
  return {
    name,
    async start() {
      const folder = await Deno.makeTempDir({ prefix: "perch-bench-" });
      const program = await startEdge({
        env: {
          PERCH_KV_PATH: `${folder}/perch.sqlite3`,
          PERCH_VIEW_TOKEN: TEST_TOKEN,
          PERCH_MAX_VIEWERS: "2000",
          PERCH_MAX_UPLOADS_PER_S: "10000",
          ...env,
        },
      });
      await pin(SERVER_CORE, program.pid);
      return {
        ...server(program, Number(new URL(program.url).port), "/stream.mjpeg"),
        skip: 32,
        async [Symbol.asyncDispose]() {
          await program.stop("SIGKILL");
          await Deno.remove(folder, { recursive: true });
        },
      };
    },
  };
}

/** Deno without an application. */
export const bareDeno: Subject = {
  name: "bare Deno",
  start: () => startScript("bare_server.ts", ["--allow-net=127.0.0.1"], []),
};

/** The machine's own limit. */
export const ceiling: Subject = {
  name: "ceiling",
  start: () => startScript("ceiling_server.ts", ["--allow-ffi"], [`${freePort()}`]),
};

/** Any other server: `name=command`, with `{port}` in the command. */
export function beside(text: string): Subject {
  const name = text.split("=", 1)[0];
  const command = text.slice(name.length + 1);
  return {
    name,
    async start() {
      const port = freePort();
      const [first, ...rest] = command.replaceAll("{port}", `${port}`).split(" ");
      const program = new RunningProgram(name, ...pinned(SERVER_CORE, first, rest));
      await untilListening(port);
      return server(program, port, "/stream.mjpeg");
    },
  };
}

async function startScript(
  file: string,
  permissions: readonly string[],
  args: readonly string[],
): Promise<Server> {
  const path = `${import.meta.dirname}/${file}`;
  const program = new RunningProgram(
    file,
    ...pinned(SERVER_CORE, Deno.execPath(), ["run", "-q", ...permissions, path, ...args]),
  );
  const [, port] = await program.line(/listening on (\d+)/);
  return server(program, Number(port), "/stream.mjpeg");
}

function server(program: RunningProgram, port: number, streamPath: string): Server {
  return {
    port,
    program,
    token: TEST_TOKEN,
    streamPath,
    socketPath: "/ws",
    skip: 0,
    [Symbol.asyncDispose]: async () => void await program.stop("SIGKILL"),
  };
}

/** A port that nobody listens on now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
