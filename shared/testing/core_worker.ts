// Tests of the core inside Workers' runtime: a worker that names them, and runs one in a new object.
// They are the files that Deno's home is tested with.

import { Elsewhere, object, tests } from "./worker_home.ts";
import { FakeClock } from "./fake_clock.ts";
import { frameStoreContract } from "./frame_store_contract.ts";
import { SqlStore } from "../../edge/workers/storage.ts";
import type { Bindings, ObjectContext } from "../../edge/workers/runtime.ts";
import "../../edge/core/access/authorisation_test.ts";
import "../../edge/core/cameras/state_test.ts";
import "../../edge/core/headers_test.ts";
import "../../edge/core/openapi_test.ts";
import "../../edge/core/pages/viewer_test.ts";
import "../../edge/core/routes/cameras_test.ts";
import "../../edge/core/routes/health_test.ts";
import "../../edge/core/routes/history_test.ts";
import "../../edge/core/routes/live_test.ts";
import "../../edge/core/routes/records_test.ts";
import "../../edge/core/routes/sign_in_test.ts";
import "../../edge/core/routes/stream_test.ts";
import "../../edge/core/routes/upload_test.ts";

const retentionMs = 24 * 3_600_000;

frameStoreContract("SQLite in a Durable Object", () => {
  const clock = new FakeClock();
  const storage = object.storage!;
  return Promise.resolve({
    clock,
    retentionMs,
    open: () => new SqlStore({ storage, clock, retentionMs }),
    // In pieces of the size that KV has.
    entries: () => {
      const pieces = "SELECT total(1 + length(bytes) / 65536) AS pieces FROM frames";
      return Promise.resolve(Number(storage.sql.exec(pieces).toArray()[0].pieces));
    },
    close: () => Promise.resolve(),
  });
});

function isElsewhere(error: unknown): boolean {
  return error instanceof Elsewhere || /No such module "sharp"/.test(String(error));
}

/** A step of a test: which it is is told where it fails. */
async function step(title: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (isElsewhere(error)) throw error;
    throw new Error(title, { cause: error });
  }
}

/** Runs the test that a request's path names. */
export class TestObject {
  readonly #context: ObjectContext;
  readonly #env: Bindings;

  constructor(context: ObjectContext, env: Bindings) {
    this.#context = context;
    this.#env = env;
  }

  async fetch({ url }: Request): Promise<Response> {
    object.storage = this.#context.storage;
    object.readAsset = async (name) => {
      const response = await this.#env.ASSETS.fetch(`http://assets/assets/${name}`);
      if (!response.ok) throw new Error(name);
      return new Uint8Array(await response.arrayBuffer());
    };
    try {
      await tests.get(decodeURIComponent(new URL(url).pathname.slice(1)))!({ step });
      return new Response("ok");
    } catch (error) {
      if (isElsewhere(error)) return new Response("elsewhere");
      const { stack = error, cause = "" } = error as Error;
      return new Response(`${stack}\n${cause}`, { status: 500 });
    }
  }
}

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    return pathname === "/"
      ? Response.json([...tests.keys()])
      : env.EDGE.getByName(pathname).fetch(request);
  },
};
