// Deno's own HTTP server, kept up: where it runs out of file descriptors it ends for good, and the
// process would stay and be deaf.

import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Edge } from "../core/edge.ts";
import { limitWaiting } from "./tcp.ts";

/** Clients that may wait to be accepted. */
const BACKLOG = 4096;

/** Between two tries to serve again, ms. */
const AGAIN_MS = 1000;

/** How often what is due by time alone is looked at, ms. */
const TICK_MS = 1000;

/** What serving needs. */
export interface ServeOptions {
  readonly hostname: string;
  /** 0 = a free one. */
  readonly port: number;
  readonly log: Log;
}

/** Serves until it is shut down. */
export class Server {
  readonly #handler: Deno.ServeHandler<Deno.NetAddr>;
  readonly #options: ServeOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #stopping = false;

  /** @throws Where the address is not free. */
  constructor(handler: Deno.ServeHandler<Deno.NetAddr>, options: ServeOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#server = this.#listen(options.port);
    this.#stayUp();
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Resolves when all answers are out, or after `graceMs`: some have no end. */
  async shutdown(graceMs: number): Promise<void> {
    this.#stopping = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([this.#server.shutdown().catch(() => {}), promise]);
    clearTimeout(timer);
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, log } = this.#options;
    const server = Deno.serve({
      hostname,
      port,
      tcpBacklog: BACKLOG,
      onListen: (at) => log.info(`listening on http://${at.hostname}:${at.port}`),
    }, this.#handler);
    limitWaiting();
    return server;
  }

  async #stayUp(): Promise<void> {
    while (!this.#stopping) {
      const error = await this.#server.finished.catch((error) => error);
      if (this.#stopping) return;
      const { log } = this.#options;
      log.error("no connections are accepted; trying again", { error: String(error) });
      do {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      } while (!this.#stopping && !this.#listensAgain());
    }
  }

  #listensAgain(): boolean {
    try {
      this.#server = this.#listen(this.port);
      return true;
    } catch {
      return false;
    }
  }
}

/** Lets an edge do what is due by time alone, until `signal`. */
export async function tick(edge: Edge, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const due = clock.monotonic() + TICK_MS;
    await clock.sleep(TICK_MS, signal).catch(() => {});
    if (!signal.aborted) edge.tick(clock.monotonic() - due);
  }
}
