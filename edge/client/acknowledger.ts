// Tells the edge what is drawn, as often as it asks: each frame, or on a fast line every few.

import { encodeAck } from "../../shared/wire_frame.ts";

/** Frames that it acknowledges at once if asked to: as many as the format can say. */
const AT_ONCE = 255;

interface Drawn {
  every: number;
  /** Frames not acknowledged yet, and the newest of all. */
  owed: number;
  version: number;
}

/** Counts drawn frames by camera. */
export class Acknowledger {
  readonly #send: (ack: Uint8Array<ArrayBuffer>) => void;
  readonly #cameras = new Map<number, Drawn>();

  constructor(send: (ack: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  /** A frame is drawn, or a newer one was. */
  drawn(camera: number, version: number): void {
    const drawn = this.#drawn(camera);
    drawn.owed++;
    drawn.version = Math.max(drawn.version, version);
    this.#settle(camera, drawn);
  }

  /** From now on an acknowledgement for every so many frames. */
  ask(camera: number, every: number): void {
    const drawn = this.#drawn(camera);
    drawn.every = every;
    this.#settle(camera, drawn);
  }

  #drawn(camera: number): Drawn {
    let drawn = this.#cameras.get(camera);
    if (!drawn) this.#cameras.set(camera, drawn = { every: 1, owed: 0, version: 0 });
    return drawn;
  }

  #settle(camera: number, drawn: Drawn): void {
    if (drawn.owed === 0 || drawn.owed < drawn.every) return;
    drawn.owed = 0;
    this.#send(encodeAck({ camera, version: drawn.version }, AT_ONCE));
  }
}
