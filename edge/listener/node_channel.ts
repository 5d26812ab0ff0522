// A connection that Node carries, where the kernel may not be called.

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Channel } from "./channel.ts";

const NOTHING = new Uint8Array();

/** Carries bytes by a socket of Node's. */
export class NodeChannel implements Channel {
  readonly peer: Deno.NetAddr;
  onData: (chunk: Buffer) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: Socket;

  constructor(socket: Socket) {
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    this.peer = { transport: "tcp", hostname: remoteAddress, port: remotePort };
    this.#socket = socket;
    // An error is always followed by close, where everything is let go.
    socket.on("error", () => {});
    socket.on("data", (chunk) => this.onData(chunk));
    socket.on("close", () => this.onClose());
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
}
