// The seam between the edge and where it runs: what a home gives.

import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import type { FrameStore } from "./store/store.ts";

/** A WebSocket as the edge uses it. Binary messages come as `ArrayBuffer`. */
export type PlatformSocket = Pick<
  WebSocket,
  "readyState" | "bufferedAmount" | "send" | "close" | "onopen" | "onmessage" | "onclose"
>;

/** A socket whose handshake is answered by `response`. */
export interface AcceptedSocket {
  readonly socket: PlatformSocket;
  readonly response: Response;
}

/** Where an edge runs. */
export interface Platform {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: FrameStore;
  /** From 0 up to 1. */
  random(): number;
  /** Takes a WebSocket's handshake. `close` is told in any case, maybe twice, and whether or not `open` was. */
  acceptSocket(request: Request): AcceptedSocket;
  /** Where a request comes from, by what the home told beside it; `unknown` where it is not told. */
  clientAddress(request: Request, info: unknown): string;
  /** A file that the build of the page made, by its name. @throws Where there is none. */
  readAsset(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Runs `work` when the current request has its answer. */
  soon(work: () => void): void;
  /** Memory that the process takes, bytes; undefined where nobody knows. */
  memoryBytes?(): number;
}
