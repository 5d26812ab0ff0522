// Addresses as the kernel writes them: a `struct sockaddr_in` or `sockaddr_in6`.

import type { Libc } from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/** Bytes of the longer one. */
const ADDRESS_BYTES = 28;

/** Bytes of the longest text of an address, its end included. */
const TEXT_BYTES = 46;

/** One address, to be written by the kernel and read again and again. */
export class SocketAddress {
  readonly bytes = new Uint8Array(ADDRESS_BYTES);
  readonly #length = new Uint32Array(1);
  readonly #text = new Uint8Array(TEXT_BYTES);
  readonly #libc: Pick<Libc, "inet_ntop">;

  constructor(libc: Pick<Libc, "inet_ntop">) {
    this.#libc = libc;
  }

  /** Where the kernel is told how long it may be: to be asked for before each call. */
  get length(): Uint32Array<ArrayBuffer> {
    this.#length[0] = ADDRESS_BYTES;
    return this.#length;
  }

  /** 0 where it is none of the internet. */
  get port(): number {
    const { bytes } = this;
    const family = bytes[0] | bytes[1] << 8;
    return family === AF_INET || family === AF_INET6 ? bytes[2] << 8 | bytes[3] : 0;
  }

  /** As text, IPv4 with dots. */
  get hostname(): string {
    const { bytes } = this;
    if (bytes[0] === AF_INET) return `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`;
    const text = this.#text;
    this.#libc.inet_ntop(AF_INET6, bytes.subarray(8, 24), text, TEXT_BYTES);
    return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  }
}
