// Deno's own HTTP server on the loopback address, for every request that the listener does not serve
// itself: the connection is passed on byte for byte, and nobody but this process knows the port.

import { Buffer } from "node:buffer";
import type { AddressInfo, Socket } from "node:net";
import type { RequestInfo } from "../edge.ts";
import type { Channel } from "./channel.ts";
import type { Tenant } from "./line.ts";

const LOOPBACK = "127.0.0.1";

/** What may wait for a client before the server is read no further. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Answers requests. */
export type EdgeFetch = (request: Request, info: RequestInfo) => Response | Promise<Response>;

/** Starts Deno's server on a free port of the loopback address. */
export type Serve = (handler: Deno.ServeHandler<Deno.NetAddr>) => Deno.HttpServer<Deno.NetAddr>;

/** The server behind the listener. */
export class PlatformServer {
  readonly #start: () => Deno.HttpServer<Deno.NetAddr>;
  /** Started by the first who needs it: an edge that wakes for one viewer often does not. */
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  /** Who is behind a connection, by the port that it comes from. */
  readonly #peers = new Map<number, Deno.NetAddr>();

  constructor(serve: Serve, fetch: EdgeFetch) {
    this.#start = () =>
      serve((request, { remoteAddr, completed }) =>
        fetch(request, { remoteAddr: this.#peers.get(remoteAddr.port) ?? remoteAddr, completed })
      );
  }

  /** Connects a client with the server. `received` is what came from the client so far. */
  passOn(channel: Channel, received: Buffer): Tenant {
    channel.pause();
    const first = Buffer.from(received);
    let inner: Socket | undefined;
    // Loaded by the first who needs it, too: that takes 15 ms, a tenth of the edge's start.
    import("node:net").then(({ connect }) => {
      if (channel.closed) return;
      this.#server ??= this.#started();
      inner = connect(this.#server.addr.port, LOOPBACK);
      this.#join(channel, first, inner);
    }).catch((error) => {
      channel.destroy();
      reportError(error);
    });
    return { gone: () => void inner?.destroy() };
  }

  #join(channel: Channel, first: Buffer, inner: Socket): void {
    inner.setNoDelay(true);
    let from: number | undefined;
    inner.on("connect", () => {
      from = (inner.address() as AddressInfo).port;
      this.#peers.set(from, channel.peer);
      inner.write(first);
      channel.resume();
    });
    channel.onData = (chunk) => {
      if (inner.write(Buffer.from(chunk))) return;
      channel.pause();
      inner.once("drain", () => channel.resume());
    };
    inner.on("data", (chunk: Buffer<ArrayBuffer>) => {
      channel.write(chunk);
      if (channel.waiting < HIGH_WATER_BYTES) return;
      inner.pause();
      channel.whenSent(() => inner.resume());
    });
    inner.on("error", () => channel.destroy());
    inner.on("close", () => {
      if (from !== undefined) this.#peers.delete(from);
      // What the server sent last may still be on its way.
      channel.whenSent(() => channel.destroy());
    });
  }

  #started(): Deno.HttpServer<Deno.NetAddr> {
    const server = this.#start();
    // It ends when file descriptors run out; the next who needs it starts another.
    const ended = () => this.#server = undefined;
    server.finished.then(ended, ended);
    return server;
  }

  async shutdown(): Promise<void> {
    await this.#server?.shutdown();
  }
}
