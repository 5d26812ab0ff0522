// The C library's streams: stdout keeps back what does not fill a block, and writing to a pipe that
// nobody empties blocks the whole program.

import { Buffer } from "node:buffer";

const BLOCK = 4096;

export class Output {
  #rest: Uint8Array = new Uint8Array(0);

  /** @param buffered False under `stdbuf -o0`. @param tiny Writes a few bytes at a time. */
  constructor(
    readonly file: { writeSync(bytes: Uint8Array): number },
    readonly buffered: boolean,
    readonly tiny: boolean,
  ) {}

  /** Writes whole blocks and keeps the rest for later. */
  write(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = this.buffered ? all.length - all.length % BLOCK : all.length;
    this.#out(all.subarray(0, whole));
    this.#rest = all.subarray(whole);
  }

  /** Writes what was kept back. */
  flush(): void {
    this.#out(this.#rest);
    this.#rest = new Uint8Array(0);
  }

  #out(bytes: Uint8Array): void {
    // An odd number: each marker is cut somewhere.
    const step = this.tiny ? 7 : bytes.length;
    for (let at = 0; at < bytes.length;) {
      at += this.file.writeSync(bytes.subarray(at, at + step));
    }
  }
}
