// The connection that a request came by, for the routes that go on using it: what hundreds of people
// watch ten times a second is written to it, not through a stream for each of them.

import type { Buffer } from "node:buffer";
import type { Channel } from "./channel.ts";

/** What keeps a connection after its request. */
export interface Tenant {
  /** Called every second with monotonic ms. */
  tick?(now: number): void;
  /** The connection is gone; may be called twice. */
  gone(): void;
}

/**
 * Gets the connection once the answer's head is sent.
 *
 * @param rest What the client sent behind its request.
 */
export type Taker = (channel: Channel, rest: Buffer) => Tenant;

/** An answer whose connection is kept. */
export interface Kept {
  /** One write; may go on behind the head. */
  readonly head: string;
  readonly taker: Taker;
}

/** A connection that a route may keep. */
export interface Line {
  /** Keeps the connection: the route's answer is sent as a head only, then `taker` gets the rest. */
  take(taker: Taker): void;
}
