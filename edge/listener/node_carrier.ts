// A connection that Node carries: every one at first, and for good where the kernel may not be called.

import type { Socket } from "node:net";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import type { Kernel } from "./kernel.ts";

const NOT_FOUND = -1;
const NOTHING = new Uint8Array();

/** Carries bytes by a socket of Node's. */
export class NodeCarrier implements Carrier {
  readonly #socket: Socket;
  readonly #events: CarrierEvents;
  #fd: number | undefined;
  #released = false;

  constructor(socket: Socket, events: CarrierEvents) {
    this.#socket = socket;
    this.#events = events;
    // An error is always followed by close, where everything is let go.
    socket.on("error", () => {});
    socket.on("data", (chunk) => this.#events.data(chunk));
    socket.on("close", () => this.#released || this.#events.close());
  }

  get waiting(): number {
    return this.#socket.writableLength;
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  write(data: Uint8Array<ArrayBuffer> | string): void {
    this.#socket.write(data, "latin1");
  }

  share(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket.write(bytes);
  }

  whenSent(callback: () => void): void {
    this.#socket.write(NOTHING, (error) => error ?? callback());
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Another file descriptor of the connection; undefined where it has to stay Node's: for now, since
   * Node still has bytes of it in hand, or for good.
   */
  twin(kernel: Kernel): number | undefined {
    const socket = this.#socket;
    const inHand = socket.isPaused() || socket.readableLength > 0 || socket.writableLength > 0;
    if (inHand || !socket.writable || socket.destroyed) return undefined;
    this.#fd ??= kernel.find(socket) ?? NOT_FOUND;
    return this.#fd === NOT_FOUND ? undefined : kernel.dup(this.#fd);
  }

  /** Lets go of the connection, which lives on by its twin. */
  release(): void {
    this.#released = true;
    this.#socket.destroy();
  }
}
