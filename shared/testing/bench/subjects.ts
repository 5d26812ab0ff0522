// The servers that the bench holds side by side, each started anew for each measurement.

import { RunningProgram, startEdge, TEST_TOKEN } from "../processes.ts";
import { toolPath } from "../tools.ts";
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
  /** Where its newest frame is put as a file instead of being uploaded. */
  readonly uploadFile?: string;
  /** Bytes before the JPEG in its WebSocket messages. */
  readonly skip: number;
}

/** A kind of server. */
export interface Subject {
  readonly name: string;
  start(): Promise<Server>;
}

/** The whole app: store on a disk, tokens on both sides, metrics, limits. */
export const edge: Subject = edgeWith("edge", { PERCH_VIEW_TOKEN: TEST_TOKEN });

/** The same with everybody allowed to watch. */
export const publicEdge: Subject = edgeWith("edge", {});

function edgeWith(name: string, env: Readonly<Record<string, string>>): Subject {
  return {
    name,
    async start() {
      const folder = await Deno.makeTempDir({ prefix: "perch-bench-" });
      const program = await startEdge({
        env: {
          PERCH_KV_PATH: `${folder}/perch.sqlite3`,
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

/** nginx with the newest frame as a file. */
export const nginx: Subject = {
  name: "nginx, static file",
  async start() {
    const folder = await Deno.makeTempDir({ prefix: "perch-bench-" });
    const port = freePort();
    await Deno.writeTextFile(`${folder}/nginx.conf`, nginxConfig(folder, port));
    await Deno.chmod(folder, 0o755);
    const program = new RunningProgram(
      "nginx",
      ...pinned(SERVER_CORE, toolPath("nginx")!, ["-c", `${folder}/nginx.conf`, "-p", folder]),
    );
    await untilListening(port);
    return {
      ...server(program, port, "/"),
      uploadFile: `${folder}/live.jpeg`,
      async [Symbol.asyncDispose]() {
        await program.stop();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

/** One process, so that its CPU time is that of the server. */
function nginxConfig(folder: string, port: number): string {
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  types { image/jpeg jpeg; }
  server { listen 127.0.0.1:${port}; root ${folder}; add_header Cache-Control no-store; }
}
`;
}

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
