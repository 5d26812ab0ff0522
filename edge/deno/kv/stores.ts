// Both stores over one Deno KV.

import type { FrameStore } from "../../core/store/frame_store.ts";
import type { PeerStore } from "../../core/store/peer_store.ts";
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
