// The kernel's calls past Node's streams: a frame for a viewer is then what it is for a server in C, one
// system call of bytes that all viewers share. Node's own write costs 3 us on top of the 8 us that the
// kernel takes. Where they are not to be had, everything goes through Node.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { type Libc, openLibc } from "./libc.ts";
import { MemoryFiles } from "./memory_files.ts";
import { ReadyLoop } from "./ready_loop.ts";

/** Carries bytes between connections and memory. */
export interface Kernel {
  /** Tells of connections that are the kernel's alone. */
  readonly loop: ReadyLoop;
  /**
   * The file descriptor of a connection, in which little will wait from now on; undefined where it is
   * not found.
   */
  find(socket: Socket): number | undefined;
  /** Another file descriptor of the same connection, which then outlives the first. */
  dup(fd: number): number | undefined;
  /** How many of the bytes were taken at once; none where there is no room or no connection any more. */
  send(fd: number, bytes: Uint8Array<ArrayBuffer>): number;
  /** As `send`, for bytes that many get. Nobody may write to their buffer after this. */
  share(fd: number, bytes: Uint8Array<ArrayBuffer>): number;
  /** What has come; undefined for nothing, no bytes where the client has ended its side. */
  receive(fd: number): Buffer<ArrayBuffer> | undefined;
  /** Ends this side of a connection: the client sees the end of the answer. */
  finish(fd: number): void;
  close(fd: number): void;
}

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

/**
 * Bytes that may wait in the kernel for a line to take them. By itself it would keep megabytes: on a
 * line of 64 KB/s frames that are a minute old by the time they arrive.
 */
const WAITING_BYTES = new Uint32Array([16 * 1024]);

const AF_INET = 2;
const AF_INET6 = 10;

/** File descriptors behind the last one found, and from the lowest on, that are looked at. */
const MAX_LOOKS = 256;

/** File descriptors that are free again and remembered: the kernel gives the lowest first. */
const MAX_FREED = 16;

/** Most that is read at once, bytes. */
const READ_BYTES = 64 * 1024;

const SHUT_WR = 1;

/** The kernel, where it may be called. */
export function openKernel(): Kernel | undefined {
  const libc = openLibc();
  return libc && new LinuxKernel(libc);
}

class LinuxKernel implements Kernel {
  readonly loop: ReadyLoop;
  readonly #libc: Libc;
  readonly #files: MemoryFiles;
  readonly #input = Buffer.alloc(READ_BYTES);
  /** A `struct sockaddr_in` or `sockaddr_in6`, and its length. */
  readonly #address = new Uint8Array(28);
  readonly #length = new Uint32Array(1);
  #freed: number[] = [];
  #last = 2;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.loop = new ReadyLoop(libc);
    this.#files = new MemoryFiles(libc);
  }

  // Node does not say which it is. The kernel does: no two connections have both ends in common.
  find(socket: Socket): number | undefined {
    const { remoteAddress, remotePort, localPort } = socket;
    if (remoteAddress === undefined) return undefined;
    const peer = addressBytes(remoteAddress);
    for (const fd of this.#candidates()) {
      if (this.#port("getpeername", fd) !== remotePort || !this.#isAddress(peer)) continue;
      if (this.#port("getsockname", fd) !== localPort) continue;
      this.#last = fd;
      this.#libc.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, WAITING_BYTES, 4);
      socket.once("close", () => this.#freed = [fd, ...this.#freed].slice(0, MAX_FREED));
      return fd;
    }
    return undefined;
  }

  dup(fd: number): number | undefined {
    const other = this.#libc.dup(fd);
    return other < 0 ? undefined : other;
  }

  send(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
    return Math.max(0, this.#libc.send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL));
  }

  share(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
    const sent = this.#files.send(fd, bytes);
    return sent === undefined ? this.send(fd, bytes) : Math.max(0, sent);
  }

  receive(fd: number): Buffer<ArrayBuffer> | undefined {
    const got = this.#libc.recv(fd, this.#input, READ_BYTES, MSG_DONTWAIT);
    if (got < 0) return undefined;
    // A tenth of what Buffer.from takes.
    const chunk = Buffer.allocUnsafe(got);
    chunk.set(this.#input.subarray(0, got));
    return chunk;
  }

  finish(fd: number): void {
    this.#libc.shutdown(fd, SHUT_WR);
  }

  close(fd: number): void {
    this.#libc.close(fd);
    this.#freed = [fd, ...this.#freed].slice(0, MAX_FREED);
  }

  *#candidates(): Generator<number> {
    yield* this.#freed;
    for (let i = 1; i <= MAX_LOOKS; i++) yield this.#last + i;
    for (let i = 0; i < MAX_LOOKS; i++) yield i;
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
