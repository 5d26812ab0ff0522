// A client's connection as bytes, whoever carries them.

import type { Buffer } from "node:buffer";

/** Carries bytes both ways. */
export interface Channel {
  /** The client's address. */
  readonly peer: Deno.NetAddr;
  /** Gets what comes, for the length of the call: who needs it longer copies it. */
  onData: (chunk: Buffer) => void;
  /** Called once, when it is over. */
  onClose: () => void;
  /** Bytes that were written and that the kernel has not taken yet. */
  readonly waiting: number;
  readonly closed: boolean;
  /** Writes bytes, or text in latin1. */
  write(data: Uint8Array<ArrayBuffer> | string): void;
  /** Writes bytes that many get, and that nobody writes to after this. */
  share(bytes: Uint8Array<ArrayBuffer>): void;
  /** Calls back once the kernel has taken everything, unless the connection ends before. */
  whenSent(callback: () => void): void;
  pause(): void;
  resume(): void;
  /** Ends this side when everything is sent, and all of it when the client has ended its own. */
  end(): void;
  /** Ends it now. */
  destroy(): void;
}
