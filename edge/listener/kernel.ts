// The kernel's calls past Node's streams, for connections of which Node knows nothing any more.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { Descriptors } from "./descriptors.ts";
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
  readonly #descriptors: Descriptors;
  readonly #files: MemoryFiles;
  readonly #input = Buffer.alloc(READ_BYTES);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.loop = new ReadyLoop(libc);
    this.#descriptors = new Descriptors(libc);
    this.#files = new MemoryFiles(libc);
  }

  find(socket: Socket): number | undefined {
    const fd = this.#descriptors.of(socket);
    if (fd !== undefined) {
      this.#libc.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, WAITING_BYTES, 4);
    }
    return fd;
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
  }
}
