// The edge's other home for tests: Workers' own runtime as a child process, on a free port.

import { stop } from "esbuild";
import { bundle } from "../../edge/workers/build.ts";
import { forWorkers } from "./worker_pictures.ts";
import { ROOT, RunningProgram, TEST_TOKEN } from "./processes.ts";

/** The runtime. Not among the packages of `deno.json`: every camera would fetch its 155 MB. */
export const RUNTIME = "npm:workerd@1.20261117.1";

/** Where its program lies, fetched when first asked for. */
let program: Promise<string> | undefined;

async function fetchProgram(): Promise<string> {
  const print = `import runtime from "${RUNTIME}"; console.log(runtime.default ?? runtime)`;
  const args = ["eval", "-q", "--no-config", "--no-lock", print];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(`Fetch ${RUNTIME}: no program, wanted its path.`);
  return new TextDecoder().decode(stdout).trim();
}

/** What is served. */
export interface WorkerdOptions {
  /** Settings by name. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Another worker than the edge, from the project's folder. */
  readonly entry?: string;
  /** A command that gets the runtime's own command line as its last arguments and runs it. */
  readonly wrap?: readonly string[];
  /** The class of its object. */
  readonly object?: string;
  /** Where it keeps what it stores. Default: a folder that goes with it. */
  readonly folder?: string;
}

/** A runtime that serves, and where. */
export class Workerd extends RunningProgram {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url = "";
  readonly #temporary: string | undefined;

  private constructor(
    program: string,
    folder: string,
    temporary: string | undefined,
    wrap: readonly string[] | undefined,
  ) {
    const args = [
      "serve",
      "--experimental",
      "--verbose",
      "--control-fd=1",
      "--socket-addr=http=127.0.0.1:0",
    ];
    super("workerd", program, [...args, `${folder}/wrangler.jsonc`], { wrap });
    this.#temporary = temporary;
  }

  /** Starts it and waits until it listens. */
  static async start(options: WorkerdOptions = {}): Promise<Workerd> {
    const { vars = { PERCH_PUBLISH_TOKENS: TEST_TOKEN }, entry, object } = options;
    const temporary = options.folder ? undefined : await Deno.makeTempDir();
    const folder = options.folder ?? temporary!;
    const config = JSON.parse(await Deno.readTextFile(`${ROOT}edge/workers/wrangler.jsonc`));
    const main = entry ? `${folder}/code/worker.js` : `${ROOT}edge/workers/dist/code/worker.js`;
    if (entry) {
      // Files are named from there where there are none.
      const define = { "import.meta.url": JSON.stringify(`file://${ROOT}edge/workers/test.ts`) };
      await bundle(ROOT + entry, `${folder}/code`, {
        plugins: [forWorkers],
        define,
      });
      await stop();
    }
    if (object) {
      config.durable_objects.bindings[0].class_name = object;
      config.migrations[0].new_sqlite_classes = [object];
    }
    const site = `${ROOT}edge/workers/dist/site`;
    const assets = { ...config.assets, directory: site };
    await Deno.writeTextFile(
      `${folder}/wrangler.jsonc`,
      JSON.stringify({ ...config, main, assets, vars }),
    );
    const started = new Workerd(
      await (program ??= fetchProgram()),
      folder,
      temporary,
      options.wrap,
    );
    try {
      const [, port] = await started.line(/"event":"listen".*"port":(\d+)/);
      started.url = `http://127.0.0.1:${port}`;
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    if (this.#temporary) await Deno.remove(this.#temporary, { recursive: true });
  }
}
