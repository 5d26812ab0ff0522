// The seam between the edge and where it runs: what a home gives.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { FrameStore } from "./store/frame_store.ts";
import type { PeerStore } from "./store/peer_store.ts";

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

export class ImagingUnavailable extends Error {
  override name = "ImagingUnavailable";
}

export interface Picture {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Changes pictures. Loaded when first used. */
export interface ImageTools {
  /** Resolves when pictures can be changed. @throws {ImagingUnavailable} Where they cannot, at every call. */
  ready(): Promise<unknown>;
  /** Whether it is too slow for streams: those go as they are. */
  readonly stillsOnly?: boolean;
  /** `jpeg` at most `width` pixels across, upright. */
  scale(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture>;
  /** Small pictures side by side, as large as the last; black where there is none. */
  row(pictures: readonly (Picture | undefined)[]): Promise<Picture>;
  /** The picture without its colours and dimmed, under lines of text. */
  notice(jpeg: Uint8Array<ArrayBuffer>, lines: readonly string[]): Promise<Picture>;
  /** Begins no job any more; resolves when none is at work. */
  stop(): Promise<void>;
}

export interface Platform {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: FrameStore;
  /** None where one instance has all cameras to itself. */
  readonly peers?: PeerStore;
  /** Where there are none, `?w=` gives the picture as it is, and "no signal" is the built-in picture. */
  readonly images?: ImageTools;
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
  /** Whether requests cost more here than messages do: cameras are told to send over a socket. */
  readonly billsRequests?: boolean;
  /** What cannot be had here that other homes have, for `/openapi.json`. */
  readonly notes?: string;
  /** Memory that the process takes, bytes; undefined where nobody knows. */
  memoryBytes?(): number;
}
