// The kernel's calls past Node and Deno, for connections of which those know nothing.

import { Buffer } from "node:buffer";
import { type Libc, openLibc } from "./libc.ts";
import { listeningSocket } from "./listening_socket.ts";
import { MemoryFiles } from "./memory_files.ts";
import { ReadyLoop } from "./ready_loop.ts";
import { SocketAddress } from "./socket_address.ts";

/** A connection that was accepted. */
export interface Accepted {
  readonly fd: number;
  readonly peer: Deno.NetAddr;
}

/** Carries bytes between connections and memory. */
export interface Kernel {
  /** Tells of connections at once. */
  readonly prompt: ReadyLoop;
  /** Tells of hundreds of connections together. */
  readonly batched: ReadyLoop;
  /** A file descriptor of its own for the socket that listens on `port`; undefined for none. */
  listening(port: number): number | undefined;
  /** Who came next; undefined for nobody, or where nobody can be accepted. */
  accept(fd: number): Accepted | undefined;
  /** Lets little wait in a connection from now on. */
  limitWaiting(fd: number): void;
  /** How many of the bytes were taken at once; none where there is no room or no connection any more. */
  send(fd: number, bytes: Uint8Array<ArrayBuffer>): number;
  /** As `send`, for bytes that many get. Nobody may write to their buffer after this. */
  share(fd: number, bytes: Uint8Array<ArrayBuffer>): number;
  /**
   * What has come, until the next call; undefined for nothing, no bytes where the client has ended
   * its side.
   */
  receive(fd: number): Buffer<ArrayBuffer> | undefined;
  /** Ends this side of a connection: the client sees the end of the answer. */
  finish(fd: number): void;
  close(fd: number): void;
}

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_NOTSENT_LOWAT = 25;

const YES = new Uint32Array([1]);

/** Clients that may wait to be accepted. */
const BACKLOG = 4096;

/**
 * Bytes that may wait in the kernel for a line to take them. By itself it would keep megabytes: on a
 * line of 64 KB/s frames that are a minute old by the time they arrive.
 */
const WAITING_BYTES = new Uint32Array([16 * 1024]);

/** Most that is read at once, bytes. */
const READ_BYTES = 64 * 1024;

/** Ms between two looks at viewers while each look finds something. */
const LOOK_MS = 4;

const SHUT_WR = 1;

/** The kernel, where it may be called. */
export function openKernel(): Kernel | undefined {
  const libc = openLibc();
  return libc && new LinuxKernel(libc);
}

class LinuxKernel implements Kernel {
  readonly prompt: ReadyLoop;
  readonly batched: ReadyLoop;
  readonly #libc: Libc;
  readonly #files: MemoryFiles;
  readonly #peer: SocketAddress;
  /** One for all: a buffer for each upload would be made, filled with zeros and thrown away. */
  readonly #input = Buffer.alloc(READ_BYTES);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.prompt = new ReadyLoop(libc);
    this.batched = new ReadyLoop(libc, LOOK_MS);
    this.#files = new MemoryFiles(libc);
    this.#peer = new SocketAddress(libc);
  }

  listening(port: number): number | undefined {
    const fd = listeningSocket(this.#libc, port);
    if (fd !== undefined) this.#libc.listen(fd, BACKLOG);
    return fd;
  }

  accept(listening: number): Accepted | undefined {
    const from = this.#peer;
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = this.#libc.accept4(listening, from.bytes, from.length, flags);
    if (fd < 0) return undefined;
    this.#libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, YES, 4);
    return { fd, peer: { transport: "tcp", hostname: from.hostname, port: from.port } };
  }

  limitWaiting(fd: number): void {
    this.#libc.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, WAITING_BYTES, 4);
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
    return got < 0 ? undefined : this.#input.subarray(0, got);
  }

  finish(fd: number): void {
    this.#libc.shutdown(fd, SHUT_WR);
  }

  close(fd: number): void {
    this.#libc.close(fd);
  }
}
