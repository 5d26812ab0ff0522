// Accepts connections past Node and Deno: 0.2 ms sooner, and a client that has asked by then is read
// and answered in the same turn.

import type { Log } from "../../shared/log.ts";
import type { Acceptor, OnChannel } from "./acceptor.ts";
import { READABLE } from "./epoll.ts";
import type { Kernel } from "./kernel.ts";
import { KernelChannel } from "./kernel_channel.ts";
import type { Member } from "./ready_loop.ts";

/** Connections accepted in one turn, so that those who watch already are not forgotten over them. */
const MAX_AT_ONCE = 64;

/** Accepts by the kernel's calls. */
export class KernelAcceptor implements Acceptor, Member {
  readonly address: Deno.NetAddr;
  readonly #fd: number;
  readonly #kernel: Kernel;
  readonly #log: Log;
  readonly #onChannel: OnChannel;
  readonly #key: number | undefined;
  #resting = false;
  #told = false;

  private constructor(
    { address, fd }: { readonly address: Deno.NetAddr; readonly fd: number },
    kernel: Kernel,
    log: Log,
    onChannel: OnChannel,
  ) {
    this.address = address;
    this.#fd = fd;
    this.#kernel = kernel;
    this.#log = log;
    this.#onChannel = onChannel;
    this.#key = kernel.prompt.join(fd, READABLE, this);
  }

  /**
   * Starts to accept.
   *
   * @returns undefined where Node has to do it.
   * @throws Where the address cannot be had.
   */
  static listen(
    { host, port }: { readonly host: string; readonly port: number },
    kernel: Kernel,
    log: Log,
    onChannel: OnChannel,
  ): KernelAcceptor | undefined {
    // Deno resolves the name, and says what is wrong with an address better than a number does.
    const listener = Deno.listen({ hostname: host, port });
    const address = listener.addr as Deno.NetAddr;
    const fd = kernel.listening(address.port);
    listener.close();
    if (fd === undefined) return undefined;
    const acceptor = new KernelAcceptor({ address, fd }, kernel, log, onChannel);
    if (acceptor.#key !== undefined) return acceptor;
    kernel.close(fd);
    return undefined;
  }

  ready(): void {
    for (let n = 0; n < MAX_AT_ONCE; n++) {
      const accepted = this.#kernel.accept(this.#fd);
      if (!accepted) {
        if (n === 0) this.#rest();
        return;
      }
      if (this.#told) this.#log.info("connections are accepted again");
      this.#told = false;
      const channel = new KernelChannel(accepted, this.#kernel);
      if (channel.closed) continue;
      this.#onChannel(channel);
      channel.ready(READABLE);
    }
  }

  tick(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#kernel.prompt.change(this.#key!, this.#fd, READABLE);
  }

  close(): void {
    this.#kernel.prompt.leave(this.#key!);
    this.#kernel.close(this.#fd);
  }

  /** Somebody is there, but could not be accepted: asking on and on would help nobody. */
  #rest(): void {
    this.#resting = true;
    this.#kernel.prompt.change(this.#key!, this.#fd, 0);
    if (this.#told) return;
    this.#told = true;
    this.#log.warn("no connection can be accepted, most likely for want of file descriptors");
  }
}
