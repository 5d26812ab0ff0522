// The edge's own listener. Deno's HTTP server needs twice the CPU time and eight times the memory
// for a viewer that a socket written to directly does; so streams, sockets, frames and uploads are
// served from here, and every other request goes to that server.

import type { Clock } from "../../shared/clock.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Acceptor, OnChannel } from "./acceptor.ts";
import type { Channel } from "./channel.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { openKernel } from "./kernel.ts";
import { KernelAcceptor } from "./kernel_acceptor.ts";
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
  readonly #connections = new Set<Connection>();
  readonly #stop = new AbortController();
  readonly #drained = Promise.withResolvers<void>();
  #acceptor: Acceptor | undefined;

  private constructor(edge: ListenerEdge, serve: Serve) {
    const { clock, config } = edge.deps;
    this.#clock = clock;
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
  }

  /**
   * Starts to listen.
   *
   * @throws Where the address cannot be had.
   */
  static async listen(edge: ListenerEdge, serve: Serve): Promise<Listener> {
    const listener = new Listener(edge, serve);
    const acceptor = await accepting(edge.deps, (channel) => listener.#connect(channel));
    listener.#acceptor = acceptor;
    listener.#tick(acceptor);
    return listener;
  }

  /** Where it listens. */
  get address(): Acceptor["address"] {
    return this.#acceptor!.address;
  }

  /** Accepts nobody any more and waits a moment for the answers under way. */
  async shutdown(): Promise<void> {
    this.#stop.abort();
    this.#acceptor!.close();
    for (const connection of this.#connections) if (!connection.busy) connection.destroy();
    if (this.#connections.size === 0) this.#drained.resolve();
    await Promise.race([this.#drained.promise, this.#clock.sleep(LINGER_MS)]);
    for (const connection of this.#connections) connection.destroy();
    await this.#platform.shutdown();
  }

  #connect(channel: Channel): void {
    const connection = new Connection(channel, this.#host, () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0 && this.#stop.signal.aborted) this.#drained.resolve();
    });
    this.#connections.add(connection);
  }

  async #tick(acceptor: Acceptor): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#clock.sleep(1000, this.#stop.signal).catch(() => {});
      const now = this.#clock.monotonic();
      for (const connection of this.#connections) connection.tick(now);
      if (!this.#stop.signal.aborted) await acceptor.tick(now);
    }
  }
}

/** By the kernel where it may be called, by Node elsewhere. */
async function accepting(
  { clock, config, log }: EdgeDeps,
  onChannel: OnChannel,
): Promise<Acceptor> {
  const kernel = openKernel();
  const acceptor = kernel && KernelAcceptor.listen(config, kernel, log, onChannel);
  if (acceptor) return acceptor;
  const { NodeAcceptor } = await import("./node_acceptor.ts");
  return await NodeAcceptor.listen(config, clock, log, onChannel);
}
