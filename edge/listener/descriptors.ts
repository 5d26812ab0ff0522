// The file descriptors of connections. Node does not say which is whose. The kernel does: no two
// connections have both ends in common.

import type { Socket } from "node:net";
import type { Libc } from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/** Behind the last one found, where the connection accepted next most often is. */
const NEAR = 32;

/** So many in a row that are no connections, and there are none behind them. */
const MAX_GAP = 1024;

/** Finds connections among everything that this process has open. */
export class Descriptors {
  readonly #libc: Pick<Libc, "getpeername" | "getsockname">;
  /** A `struct sockaddr_in` or `sockaddr_in6`, and its length. */
  readonly #address = new Uint8Array(28);
  readonly #length = new Uint32Array(1);
  /** By the port at the client's end, as of the last look at all of them. */
  #seen = new Map<number, number[]>();
  #last = 2;

  constructor(libc: Pick<Libc, "getpeername" | "getsockname">) {
    this.#libc = libc;
  }

  /** The descriptor of a connection; undefined where it has none any more. */
  of(socket: Socket): number | undefined {
    const { remoteAddress, remotePort, localPort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    const peer = addressBytes(remoteAddress);
    for (const fd of this.#candidates(remotePort)) {
      if (this.#port("getpeername", fd) !== remotePort || !this.#isAddress(peer)) continue;
      if (this.#port("getsockname", fd) === localPort) return this.#last = fd;
    }
    return undefined;
  }

  *#candidates(remotePort: number): Generator<number> {
    for (let i = 1; i <= NEAR; i++) yield this.#last + i;
    yield* this.#seen.get(remotePort) ?? [];
    this.#look();
    yield* this.#seen.get(remotePort) ?? [];
  }

  /** Once for everybody who came since the last time: each is a call of the kernel. */
  #look(): void {
    this.#seen = new Map();
    for (let fd = 0, gap = 0; gap < MAX_GAP; fd++, gap++) {
      const port = this.#port("getpeername", fd);
      if (port === 0) continue;
      gap = 0;
      const others = this.#seen.get(port);
      if (others) others.push(fd);
      else this.#seen.set(port, [fd]);
    }
  }

  /** The port of one end of a connection, with its address left in `#address`; 0 where there is none. */
  #port(end: "getpeername" | "getsockname", fd: number): number {
    const address = this.#address;
    this.#length[0] = address.length;
    if (this.#libc[end](fd, address, this.#length) !== 0) return 0;
    const family = address[0] | address[1] << 8;
    return family === AF_INET || family === AF_INET6 ? address[2] << 8 | address[3] : 0;
  }

  #isAddress(bytes: Uint8Array): boolean {
    const v4 = this.#address[0] === AF_INET;
    const own = v4 ? this.#address.subarray(4, 8) : this.#address.subarray(8, 24);
    return own.every((byte, i) => byte === bytes[bytes.length - own.length + i]);
  }
}

/** The 16 bytes of an address; those of IPv4 are the last four. */
export function addressBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const v4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (v4) {
    bytes.set([0xff, 0xff, ...v4.slice(1).map(Number)], 10);
    return bytes;
  }
  const [head, tail = ""] = text.replace(/%.*$/, "").split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((hex) => parseInt(hex, 16));
  const put = (part: number[], at: number) =>
    part.forEach((group, i) => bytes.set([group >> 8, group & 0xff], 2 * (at + i)));
  put(groups(head), 0);
  put(groups(tail), 8 - groups(tail).length);
  return bytes;
}
