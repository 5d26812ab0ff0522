// Bytes that many connections get, as files in the kernel's memory. `sendfile` gives every connection
// the same pages, where `send` copies all of them for each.

import type { Libc } from "./libc.ts";

/** A copy of fewer bytes costs less than handing out their pages. */
const WORTH_BYTES = 8 * 1024;

/** Sends after which a file is made, which costs as much as some ten copies. */
const WORTH_SENDS = 16;

/** Files kept at once: a few cameras, each in a few shapes. */
const MAX_FILES = 8;

const NAME = new TextEncoder().encode("perch-frame\0");
const MFD_CLOEXEC = 1;

interface MemoryFile {
  sends: number;
  /** undefined while `send` is the better way; `NONE` where it is so for good. */
  fd: number | undefined;
}

const NONE = -1;

/** Sends what is sent again and again. */
export class MemoryFiles {
  readonly #libc: Pick<Libc, "close" | "memfd_create" | "sendfile" | "write">;
  readonly #byBuffer = new WeakMap<ArrayBuffer, MemoryFile>();
  /** A frame goes to all of its viewers in a row: looked up once, not a thousand times. */
  #last: ArrayBuffer | undefined;
  #lastFile: MemoryFile = { sends: 0, fd: NONE };
  /** Oldest first. */
  readonly #open: MemoryFile[] = [];
  /** A `loff_t`. */
  readonly #offset = new Uint32Array(2);

  constructor(libc: Pick<Libc, "close" | "memfd_create" | "sendfile" | "write">) {
    this.#libc = libc;
  }

  /**
   * Sends `bytes` from a file.
   *
   * @param bytes Part of a buffer that nobody writes to any more.
   * @returns How many of them were taken, less than 0 where none could be; undefined where they are
   *   to be sent from memory.
   */
  send(fd: number, bytes: Uint8Array<ArrayBuffer>): number | undefined {
    if (bytes.length < WORTH_BYTES) return undefined;
    const file = this.#of(bytes.buffer);
    if (file.fd === undefined) {
      if (++file.sends <= WORTH_SENDS) return undefined;
      this.#make(file, bytes.buffer);
    }
    if (file.fd === NONE) return undefined;
    this.#offset[0] = bytes.byteOffset;
    return this.#libc.sendfile(fd, file.fd!, this.#offset, bytes.length);
  }

  #of(buffer: ArrayBuffer): MemoryFile {
    if (buffer === this.#last) return this.#lastFile;
    let file = this.#byBuffer.get(buffer);
    if (!file) this.#byBuffer.set(buffer, file = { sends: 0, fd: undefined });
    this.#last = buffer;
    return this.#lastFile = file;
  }

  #make(file: MemoryFile, buffer: ArrayBuffer): void {
    const fd = this.#libc.memfd_create(NAME, MFD_CLOEXEC);
    if (fd < 0) {
      file.fd = NONE;
      return;
    }
    file.fd = fd;
    this.#open.push(file);
    const whole = this.#libc.write(fd, new Uint8Array(buffer), buffer.byteLength);
    if (whole !== buffer.byteLength) this.#close(file);
    else if (this.#open.length > MAX_FILES) this.#close(this.#open[0]);
  }

  /** What a connection has not sent yet stays with the kernel. */
  #close(file: MemoryFile): void {
    this.#open.splice(this.#open.indexOf(file), 1);
    this.#libc.close(file.fd!);
    file.fd = NONE;
  }
}
