// The C library's streams: stdout keeps back what does not fill a block, and writing to a pipe that
// nobody empties blocks the whole program.

const BLOCK = 4096;

/** The output of one run. */
export class Output {
  readonly #file: { writeSync(bytes: Uint8Array): number };
  readonly #buffered: boolean;
  readonly #tiny: boolean;
  #rest: Uint8Array = new Uint8Array(0);

  /** @param options `buffered` is false under `stdbuf -o0`; `tiny` writes byte by byte. */
  constructor(
    file: { writeSync(bytes: Uint8Array): number },
    options: { readonly buffered: boolean; readonly tiny: boolean },
  ) {
    this.#file = file;
    this.#buffered = options.buffered;
    this.#tiny = options.tiny;
  }

  /** Writes whole blocks and keeps the rest for later. */
  write(bytes: Uint8Array): void {
    if (!this.#buffered) return this.#out(bytes);
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const whole = all.length - all.length % BLOCK;
    this.#out(all.subarray(0, whole));
    this.#rest = all.slice(whole);
  }

  /** Writes what was kept back. */
  flush(): void {
    this.#out(this.#rest);
    this.#rest = new Uint8Array(0);
  }

  #out(bytes: Uint8Array): void {
    const step = this.#tiny ? 1 : bytes.length;
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at, at + step));
    }
  }
}
