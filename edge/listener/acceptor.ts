// What accepts connections.

import type { Channel } from "./channel.ts";

/** Gets each connection; to set its callbacks at once. */
export type OnChannel = (channel: Channel) => void;

/** Accepts connections at one address. */
export interface Acceptor {
  readonly address: { readonly hostname: string; readonly port: number };
  /** To be called every second with monotonic ms. */
  tick(now: number): void | Promise<void>;
  /** Accepts nobody any more. */
  close(): void;
}
