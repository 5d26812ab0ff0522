// The connection that a request came by, for the routes that go on using it: what hundreds of people
// watch ten times a second is written to their sockets, not through a stream for each of them.

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Write } from "./outlet.ts";

/** What keeps a connection after its request. */
export interface Tenant {
  /** Called every second with monotonic ms. */
  tick?(now: number): void;
  /** The connection is gone; may be called twice. */
  gone(): void;
}

/**
 * Gets the socket once the answer's head is sent.
 *
 * @param rest What the client sent behind its request.
 * @param write Where everything is to be written.
 */
export type Taker = (socket: Socket, rest: Buffer, write: Write) => Tenant;

/** A connection that a route may keep. */
export interface Line {
  /** Keeps the connection: the route's answer is sent as a head only, then `taker` gets the socket. */
  take(taker: Taker): void;
}
