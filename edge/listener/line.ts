// The connection that a request came by, for the routes that go on using it: what hundreds of people
// watch ten times a second is written to their sockets, not through a stream for each of them.

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** What keeps a connection after its request. */
export interface Tenant {
  /** Called every second with monotonic ms. */
  tick?(now: number): void;
  /** The connection is gone; may be called twice. */
  gone(): void;
}

/** Gets the socket once the answer's head is sent, with what the client sent behind its request. */
export type Taker = (socket: Socket, rest: Buffer) => Tenant;

/** A connection that a route may keep. */
export interface Line {
  /** Keeps the connection: the route's answer is sent as a head only, then `taker` gets the socket. */
  take(taker: Taker): void;
}
