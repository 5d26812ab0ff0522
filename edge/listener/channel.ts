// A client's connection as bytes. Node accepts it and carries it at first; who gets a second picture
// will get a third, and is carried by the kernel alone from then on: a frame is then what it is for a
// server in C, one system call. Node's own write costs 3 us on top of the 8 us that the kernel takes.

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Carrier } from "./carrier.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCarrier } from "./kernel_carrier.ts";
import { NodeCarrier } from "./node_carrier.ts";

/** A connection, whoever carries it. */
export class Channel implements Carrier {
  /** The client's address. */
  readonly peer: Deno.NetAddr;
  /** Gets what comes. */
  onData: (chunk: Buffer) => void = () => {};
  /** Called once, when it is over. */
  onClose: () => void = () => {};
  readonly #kernel: Kernel | undefined;
  readonly #events = { data: (chunk: Buffer) => this.onData(chunk), close: () => this.onClose() };
  #carrier: NodeCarrier | KernelCarrier;
  #shared = false;

  constructor(socket: Socket, kernel: Kernel | undefined) {
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    this.peer = { transport: "tcp", hostname: remoteAddress, port: remotePort };
    this.#kernel = kernel;
    this.#carrier = new NodeCarrier(socket, this.#events);
  }

  get waiting(): number {
    return this.#carrier.waiting;
  }

  get closed(): boolean {
    return this.#carrier.closed;
  }

  write(data: Uint8Array<ArrayBuffer> | string): void {
    this.#carrier.write(data);
  }

  // The first picture is not to wait for the carriers to change, and there may be no second.
  share(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#shared) this.#settle();
    this.#shared = true;
    this.#carrier.share(bytes);
  }

  whenSent(callback: () => void): void {
    this.#carrier.whenSent(callback);
  }

  pause(): void {
    this.#carrier.pause();
  }

  resume(): void {
    this.#carrier.resume();
  }

  end(): void {
    this.#carrier.end();
  }

  destroy(): void {
    this.#carrier.destroy();
  }

  /** Lets the kernel carry the connection, where it can. */
  #settle(): void {
    const carrier = this.#carrier;
    if (carrier instanceof KernelCarrier || !this.#kernel) return;
    const fd = carrier.twin(this.#kernel);
    const next = fd === undefined ? undefined : KernelCarrier.adopt(fd, this.#kernel, this.#events);
    if (!next) return;
    carrier.release();
    this.#carrier = next;
  }
}
