// A stream of parts on its connection itself: one write for a frame, of bytes that all viewers share.

import type { MjpegViewer, PartSink } from "../mjpeg_viewer.ts";
import type { Channel } from "./channel.ts";
import type { Taker } from "./line.ts";

/** Takes a connection and streams to `viewer` over it. */
export function partsTo(viewer: MjpegViewer): Taker {
  return (channel) => {
    channel.onData = () => {}; // a client that goes on talking is not listened to
    viewer.start(new PartChannel(channel, () => viewer.room()));
    return viewer;
  };
}

class PartChannel implements PartSink {
  readonly #channel: Channel;
  readonly #onRoom: () => void;

  constructor(channel: Channel, onRoom: () => void) {
    this.#channel = channel;
    this.#onRoom = onRoom;
  }

  enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    this.#channel.share(bytes);
  }

  /** Most often the kernel has taken all of it at once. */
  flushed(): boolean {
    if (this.#channel.waiting === 0) return true;
    this.#channel.whenSent(this.#onRoom);
    return false;
  }

  close(): void {
    this.#channel.end();
  }

  drop(): void {
    this.#channel.destroy();
  }
}
