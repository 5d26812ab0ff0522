// A client's connection as bytes. Node accepts it and carries it at first; who asks again and again,
// or acknowledges each frame, is carried by the kernel alone from then on.

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

  constructor(socket: Socket, kernel: Kernel | undefined) {
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    this.peer = { transport: "tcp", hostname: remoteAddress, port: remotePort };
    this.#kernel = kernel;
    this.#carrier = new NodeCarrier(socket, kernel, this.#events);
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

  share(bytes: Uint8Array<ArrayBuffer>): void {
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

  /** The client will go on talking: the kernel is to carry the connection, where it can. */
  settle(): void {
    if (this.#carrier instanceof KernelCarrier || !this.#kernel) return;
    const fd = this.#carrier.twin();
    const carrier = fd === undefined
      ? undefined
      : KernelCarrier.adopt(fd, this.#kernel, this.#events);
    if (!carrier) return;
    this.#carrier.release();
    this.#carrier = carrier;
  }
}
