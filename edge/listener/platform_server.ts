// Deno's own HTTP server on the loopback address, for every request that the listener does not serve
// itself: the connection is passed on byte for byte, and nobody but this process knows the port.

import { type AddressInfo, connect, type Socket } from "node:net";
import type { Buffer } from "node:buffer";
import type { RequestInfo } from "../edge.ts";

const LOOPBACK = "127.0.0.1";

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
  passOn(socket: Socket, received: Buffer): void {
    socket.pause();
    const { remoteAddress: hostname = "unknown", remotePort: port = 0 } = socket;
    this.#server ??= this.#started();
    const inner = connect(this.#server.addr.port, LOOPBACK);
    inner.setNoDelay(true);
    let from: number | undefined;
    inner.on("connect", () => {
      from = (inner.address() as AddressInfo).port;
      this.#peers.set(from, { transport: "tcp", hostname, port });
      inner.write(received);
      socket.pipe(inner);
      inner.pipe(socket);
    });
    inner.on("error", () => socket.destroy());
    inner.on("close", () => {
      if (from !== undefined) this.#peers.delete(from);
      // What the server sent last may still be on its way.
      socket.end(() => socket.destroy());
    });
    socket.on("close", () => inner.destroy());
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
