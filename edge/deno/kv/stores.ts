// Both stores over one Deno KV, and where this edge keeps its pictures.

import type { Clock } from "../../../shared/clock.ts";
import type { Log } from "../../../shared/log.ts";
import type { Platform } from "../../core/platform.ts";
import type { FrameStore } from "../../core/store/frame_store.ts";
import { MemoryStore } from "../../core/store/memory_store.ts";
import type { PeerStore } from "../../core/store/peer_store.ts";
import { Database } from "./database.ts";
import { newestEveryMs, pollsFor } from "./follow.ts";
import { KvFrameStore, type KvStoreOptions } from "./frame_store.ts";
import { KvLink } from "./link.ts";
import { KvPeerStore } from "./peer_store.ts";

/** Frames, and what other instances tell. `store.close` lets go of both. */
export interface KvStores {
  readonly store: FrameStore;
  readonly peers: PeerStore;
}

/** Makes them. Nothing is opened before the first call. */
export function kvStores(options: KvStoreOptions): KvStores {
  const link = new KvLink(options);
  const store = new KvFrameStore(link, options);
  return { store, peers: new KvPeerStore(link, store, options) };
}

/**
 * The stores for `PERCH_KV_PATH`. Without it the platform's own KV, or memory where that has none:
 * nobody asked for more.
 */
export async function storesFor(
  path: string | undefined,
  given: {
    openKv(path?: string): Promise<Deno.Kv>;
    readonly clock: Clock;
    readonly log: Log;
    readonly retentionMs: number;
  },
): Promise<Pick<Platform, "store" | "peers">> {
  const options = {
    ...given,
    instance: crypto.randomUUID(),
    deadlineMs: 2000,
    polls: pollsFor(path, given.clock),
    newestEveryMs: newestEveryMs(path),
  };
  if (path !== undefined) {
    const database = new Database(path, given);
    return kvStores({ ...options, open: () => database.open(), kind: () => database.kind });
  }
  try {
    (await given.openKv()).close();
  } catch (error) {
    const message =
      "there is no Deno KV here: pictures are kept in memory, and go with the process";
    given.log.warn(message, { error: String(error).split("\n")[0] });
    return { store: new MemoryStore(given) };
  }
  return kvStores({ ...options, open: () => given.openKv() });
}
