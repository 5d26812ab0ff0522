// A connection that Node reads. What many get goes straight to the kernel as long as it takes
// everything; the rest, and everything else, through Node's stream.

import type { Socket } from "node:net";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import type { Kernel } from "./kernel.ts";

const NOT_FOUND = -1;
const NOTHING = new Uint8Array();

/** Carries bytes by a socket of Node's. */
export class NodeCarrier implements Carrier {
  readonly #socket: Socket;
  readonly #kernel: Kernel | undefined;
  readonly #events: CarrierEvents;
  #fd: number | undefined;
  #first = true;
  #released = false;

  constructor(socket: Socket, kernel: Kernel | undefined, events: CarrierEvents) {
    this.#socket = socket;
    this.#kernel = kernel;
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
    // The first picture is not to wait for the number to be found, and there may be no second.
    if (this.#first) {
      this.#first = false;
      this.#socket.write(bytes);
      return;
    }
    const fd = this.#direct();
    const sent = fd === undefined ? 0 : this.#kernel!.share(fd, bytes);
    if (sent < bytes.length) this.#socket.write(sent === 0 ? bytes : bytes.subarray(sent));
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

  /** Another file descriptor of the connection; undefined where it has to stay Node's. */
  twin(): number | undefined {
    const inHand = this.#socket.isPaused() || this.#socket.readableLength > 0;
    const fd = inHand ? undefined : this.#direct();
    return fd === undefined ? undefined : this.#kernel!.dup(fd);
  }

  /** Lets go of the connection, which lives on by its twin. */
  release(): void {
    this.#released = true;
    this.#socket.destroy();
  }

  /**
   * The connection's own number, where the kernel may be given bytes: behind those that still wait for
   * room, and not by a number that is free again, which may be another connection's.
   */
  #direct(): number | undefined {
    const socket = this.#socket;
    if (!this.#kernel || socket.writableLength > 0 || !socket.writable || socket.destroyed) {
      return undefined;
    }
    this.#fd ??= this.#kernel.find(socket) ?? NOT_FOUND;
    return this.#fd === NOT_FOUND ? undefined : this.#fd;
  }
}
