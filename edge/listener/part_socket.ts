// A stream of parts on its connection itself: one write for a frame, of bytes that all viewers share.

import type { Socket } from "node:net";
import type { MjpegViewer, PartSink } from "../mjpeg_viewer.ts";
import type { Taker } from "./line.ts";
import type { Write } from "./outlet.ts";

const NOTHING = new Uint8Array();

/** Takes a connection and streams to `viewer` over it. */
export function partsTo(viewer: MjpegViewer): Taker {
  return (socket, _rest, write) => {
    const sink = new PartSocket(socket, write, () => viewer.room());
    socket.on("data", () => {}); // a client that goes on talking is not listened to
    viewer.start(sink);
    return viewer;
  };
}

class PartSocket implements PartSink {
  readonly enqueue: Write;
  readonly #socket: Socket;
  readonly #onRoom: () => void;

  constructor(socket: Socket, write: Write, onRoom: () => void) {
    this.enqueue = write;
    this.#socket = socket;
    this.#onRoom = onRoom;
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
