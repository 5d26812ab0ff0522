// A stream of parts on its connection itself: one write for a frame, of bytes that all viewers share.

import type { Socket } from "node:net";
import type { MjpegViewer, PartSink } from "../mjpeg_viewer.ts";
import type { Taker } from "./line.ts";

const NOTHING = new Uint8Array();

/** Takes a connection and streams to `viewer` over it. */
export function partsTo(viewer: MjpegViewer): Taker {
  return (socket) => {
    const sink = new PartSocket(socket, () => viewer.room());
    socket.on("data", () => {}); // a client that goes on talking is not listened to
    viewer.start(sink);
    return viewer;
  };
}

class PartSocket implements PartSink {
  readonly #socket: Socket;
  readonly #onRoom: () => void;

  constructor(socket: Socket, onRoom: () => void) {
    this.#socket = socket;
    this.#onRoom = onRoom;
  }

  enqueue(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Most often the kernel has taken all of it at once; else an empty write tells when it has. */
  flushed(): boolean {
    if (this.#socket.writableLength === 0) return true;
    this.#socket.write(NOTHING, (error) => error ?? this.#onRoom());
    return false;
  }

  close(): void {
    this.#socket.end();
  }

  drop(): void {
    this.#socket.destroy();
  }
}
