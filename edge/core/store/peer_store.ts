// What the instances of an edge tell each other, through the store that they share. One contract suite
// (shared/testing/peer_store_contract.ts) holds every implementation to it.

import type { Frame } from "../../../shared/frame.ts";

/** How long a viewer record counts after it was written, ms. */
export const VIEWERS_TTL_MS = 60_000;

/** What other instances tell. Where one instance has all cameras to itself there is none. */
export interface PeerStore {
  /**
   * Frames of `cam` that other instances store, the present one first. Versions grow, and may be
   * skipped; the newest never is for long. Ends when `signal` aborts, and not before: while the
   * store is silent it waits.
   */
  watch(cam: string, signal: AbortSignal): AsyncIterable<Frame>;
  /**
   * Says how many people watch `cam` on this instance; 0 withdraws it. The first one wakes
   * whoever waits in `watchViewers`. Lapses unless said again within `VIEWERS_TTL_MS`.
   */
  setViewers(cam: string, count: number): Promise<void>;
  viewersElsewhere(cam: string): Promise<number>;
  /** `viewersElsewhere` as it changes, the present number first. Ends when `signal` aborts. */
  watchViewers(cam: string, signal: AbortSignal): AsyncIterable<number>;
}
