// Accepts connections by Node, where the kernel may not be called.

import { type AddressInfo, createServer, type Server } from "node:net";
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import { AcceptWatch } from "./accept_watch.ts";
import type { Acceptor, OnChannel } from "./acceptor.ts";
import { NodeChannel } from "./node_channel.ts";

/** Accepts by a server of `node:net`. */
export class NodeAcceptor implements Acceptor {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onChannel: OnChannel;
  readonly #watch = new AcceptWatch();
  #server: Server;
  #open = 0;
  #closed = false;

  private constructor(clock: Clock, log: Log, onChannel: OnChannel) {
    this.#clock = clock;
    this.#log = log;
    this.#onChannel = onChannel;
    this.#server = this.#createServer();
  }

  /**
   * Starts to accept.
   *
   * @throws Where the address cannot be had.
   */
  static async listen(
    { host, port }: { readonly host: string; readonly port: number },
    clock: Clock,
    log: Log,
    onChannel: OnChannel,
  ): Promise<NodeAcceptor> {
    const acceptor = new NodeAcceptor(clock, log, onChannel);
    await listening(acceptor.#server, host, port);
    return acceptor;
  }

  get address(): { readonly hostname: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { hostname: address, port };
  }

  async tick(now: number): Promise<void> {
    if (this.#watch.isDue(now)) await this.#listenAgainIfDeaf();
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
  }

  #createServer(): Server {
    return createServer({ noDelay: true }, (socket) => {
      this.#open++;
      socket.on("close", () => this.#open--);
      this.#watch.accepted(this.#open, this.#clock.monotonic());
      this.#onChannel(new NodeChannel(socket));
    });
  }

  async #listenAgainIfDeaf(): Promise<void> {
    if (await this.#watch.accepts(this.#server) || this.#closed) return;
    const { hostname, port } = this.address;
    this.#log.warn("no connection was accepted any more: listening again");
    this.#server.close();
    this.#server = this.#createServer();
    await listening(this.#server, hostname, port).catch((error) =>
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
