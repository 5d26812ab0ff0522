// The edge's own listener. Deno's HTTP server needs twice the CPU time and eight times the memory
// for a viewer that a socket written to directly does; so streams, sockets, frames and uploads are
// served from here, and every other request goes to that server.

import { type AddressInfo, createServer, type Server } from "node:net";
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { EdgeDeps } from "../deps.ts";
import { AcceptWatch } from "./accept_watch.ts";
import { Channel } from "./channel.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { openKernel } from "./kernel.ts";
import { PlainStills } from "./plain_stills.ts";
import { PlainSockets } from "./plain_sockets.ts";
import { PlainStreams } from "./plain_streams.ts";
import { PlainUploads } from "./plain_uploads.ts";
import { PlainVisits } from "./plain_visits.ts";
import { HeadReader } from "./request_head.ts";
import { type EdgeFetch, PlatformServer, type Serve } from "./platform_server.ts";

/** The edge as the listener sees it. */
export interface ListenerEdge {
  readonly deps: EdgeDeps;
  readonly fetch: EdgeFetch;
}

/** Ms for which connections may end by themselves at shutdown. */
const LINGER_MS = 1500;

/** Accepts connections until it is shut down. */
export class Listener {
  readonly #platform: PlatformServer;
  readonly #host: ConnectionHost;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #connections = new Set<Connection>();
  readonly #kernel = openKernel();
  readonly #watch = new AcceptWatch();
  readonly #stop = new AbortController();
  #server: Server;

  private constructor(edge: ListenerEdge, serve: Serve) {
    const { clock, config, log } = edge.deps;
    this.#clock = clock;
    this.#log = log;
    const stills = new PlainStills(edge.deps);
    const visits = new PlainVisits(edge.deps);
    const streams = new PlainStreams(edge.deps, visits);
    const sockets = new PlainSockets(edge.deps, visits);
    const uploads = new PlainUploads(edge.deps);
    const platform = this.#platform = new PlatformServer(serve, edge.fetch);
    this.#host = {
      fetch: edge.fetch,
      heads: new HeadReader(),
      hold: (...args) => stills.hold(...args),
      still: (head, cam, peer) => stills.answer(head, cam, peer),
      keep: (head, road, peer) => (road.socket ? sockets : streams).answer(head, road.cam, peer),
      admits: (head, cam) => uploads.admits(head, cam),
      upload: (head, cam, body) => uploads.take(head, cam, body),
      passOn: (channel, received) => platform.passOn(channel, received),
      maxFrameBytes: config.maxFrameBytes,
    };
    this.#server = this.#createServer();
  }

  /**
   * Starts to listen.
   *
   * @throws Where the address cannot be had.
   */
  static async listen(edge: ListenerEdge, serve: Serve): Promise<Listener> {
    const { host, port } = edge.deps.config;
    const listener = new Listener(edge, serve);
    await listening(listener.#server, host, port);
    listener.#tick();
    return listener;
  }

  /** Where it listens. */
  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  /** Accepts nobody any more and waits a moment for the answers under way. */
  async shutdown(): Promise<void> {
    this.#stop.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) if (!connection.busy) connection.destroy();
    const patience = this.#clock.sleep(LINGER_MS);
    await Promise.race([closed, patience]);
    for (const connection of this.#connections) connection.destroy();
    await this.#platform.shutdown();
  }

  #createServer(): Server {
    return createServer({ noDelay: true }, (socket) => {
      const gone = () => this.#connections.delete(connection);
      const connection = new Connection(new Channel(socket, this.#kernel), this.#host, gone);
      this.#connections.add(connection);
      this.#watch.accepted(this.#connections.size, this.#clock.monotonic());
    });
  }

  async #tick(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#clock.sleep(1000, this.#stop.signal).catch(() => {});
      const now = this.#clock.monotonic();
      for (const connection of this.#connections) connection.tick(now);
      if (this.#watch.isDue(now)) await this.#listenAgainIfDeaf();
    }
  }

  async #listenAgainIfDeaf(): Promise<void> {
    if (await this.#watch.accepts(this.#server) || this.#stop.signal.aborted) return;
    const { address, port } = this.address;
    this.#log.warn("no connection was accepted any more: listening again");
    this.#server.close();
    this.#server = this.#createServer();
    await listening(this.#server, address, port).catch((error) =>
      this.#log.error("could not listen again", { error: String(error) })
    );
  }
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("error", reject);
  server.listen({ host, port, backlog: 4096 }, resolve);
  await promise;
}
