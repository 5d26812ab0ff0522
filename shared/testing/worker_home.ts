// Inside Workers' runtime: what an edge stands on in place of test_home.ts, which is the storage of the
// object whose turn it is, and what tests use of Deno. They are registered, and run when they are asked for.

import type { EdgeConfig } from "../../edge/core/config.ts";
import type { Platform } from "../../edge/core/platform.ts";
import { jpegTools } from "../../edge/workers/images.ts";
import type { ObjectStorage } from "../../edge/workers/runtime.ts";
import { SqlStore } from "../../edge/workers/storage.ts";

/** What the object of this test has. */
export const object: { storage?: ObjectStorage; readAsset?: Platform["readAsset"] } = {};

/** The platform of an edge. */
export function platformOf(
  config: EdgeConfig,
  { clock, log }: Pick<Platform, "clock" | "log">,
): Platform {
  const storage = object.storage!;
  const store = new SqlStore({ storage, clock, retentionMs: config.historyMs });
  store.newestEveryMs = Infinity;
  storage.sql.exec("DELETE FROM frames");
  return {
    clock,
    log,
    store,
    images: jpegTools(),
    random: Math.random,
    acceptSocket: () => {
      throw new Error("Sockets are tried over real connections");
    },
    clientAddress: ({ headers }) => headers.get("cf-connecting-ip") ?? "unknown",
    readAsset: object.readAsset!,
    soon: (work) => void setTimeout(work, 0),
  };
}

/** Tests by their titles. */
export const tests: Map<string, (test: { step: unknown }) => unknown> = new Map();

/** A test wants something that is not there: a port, a file, libvips. */
export class Elsewhere extends Error {}

const known = {
  test(title: unknown, run: (test: unknown) => unknown) {
    // One that wants a program which is missing comes with no name alone.
    if (typeof title === "string") tests.set(title, run);
  },
  env: { get: () => undefined, toObject: () => ({}) },
  statSync() {
    throw new Error("There are no files here");
  },
};

Object.assign(globalThis, {
  Deno: new Proxy(known, {
    get(target, name) {
      if (name in target) return target[name as keyof typeof known];
      throw new Elsewhere(`Deno.${String(name)}`);
    },
  }),
});
