// The contract of FrameStore inside Workers' runtime: a worker that names its tests, and runs one in a
// new object.

import { SqlStore } from "../../edge/workers/storage.ts";
import type { ObjectStorage } from "../../edge/workers/runtime.ts";
import { FakeClock } from "./fake_clock.ts";
import { frameStoreContract } from "./frame_store_contract.ts";

const RETENTION_MS = 24 * 3_600_000;

let storage: ObjectStorage;
const tests = new Map<string, () => Promise<void>>();
Object.assign(globalThis, {
  Deno: { test: (title: string, run: () => Promise<void>) => tests.set(title, run) },
});
frameStoreContract("SQLite", () => {
  const clock = new FakeClock();
  return Promise.resolve({
    clock,
    retentionMs: RETENTION_MS,
    open: (instance: string) =>
      new SqlStore({
        storage,
        clock,
        retentionMs: RETENTION_MS,
        instance,
      }),
    // In pieces of the size that KV has.
    entries: () => {
      const pieces = "SELECT total(1 + length(bytes) / 65536) AS pieces FROM frames";
      return Promise.resolve(Number(storage.sql.exec(pieces).toArray()[0].pieces));
    },
    close: () => Promise.resolve(),
  });
});

/** Runs the test that a request's path names. */
export class ContractObject {
  readonly #storage: ObjectStorage;

  constructor(context: { readonly storage: ObjectStorage }) {
    this.#storage = context.storage;
  }

  async fetch({ url }: Request): Promise<Response> {
    storage = this.#storage;
    try {
      await tests.get(decodeURIComponent(new URL(url).pathname.slice(1)))!();
      return new Response("ok");
    } catch (error) {
      return new Response(String(error instanceof Error ? error.stack : error), { status: 500 });
    }
  }
}

export default {
  fetch(request: Request, env: { EDGE: { getByName(name: string): ContractObject } }) {
    const { pathname } = new URL(request.url);
    return pathname === "/"
      ? Response.json([...tests.keys()])
      : env.EDGE.getByName(pathname).fetch(request);
  },
};
