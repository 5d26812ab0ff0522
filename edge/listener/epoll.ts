// The kernel's list of connections that something can be done with.

import type { Libc } from "./libc.ts";

/** Something came, or the client has ended its side. */
export const READABLE = 1;
/** There is room for more. */
export const WRITABLE = 4;
/** The connection is broken; told whether it was asked for or not. */
export const BROKEN = 8 | 16;

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

/** Closed in programs that this one starts; the same bit for `epoll_create1` and `eventfd`. */
const CLOEXEC = 0o2000000;

/** Words of 32 bits in a `struct epoll_event`, which is packed on one kind of machine only. */
const EVENT_WORDS = Deno.build.arch === "x86_64" ? 3 : 4;
const KEY_AT = EVENT_WORDS - 2;

/** Most that are told of at once. */
const MAX_EVENTS = 256;

/** The key of what ends a wait. */
const WAKE_KEY = 0;

/** What is ready now, and a wait until something is. File descriptors that are closed drop out. */
export class Epoll {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #wakeFd: number;
  readonly #events = new Uint32Array(EVENT_WORDS * MAX_EVENTS);
  readonly #one = new Uint32Array(EVENT_WORDS);
  /** Written to by another thread. */
  readonly #awaited = new Uint32Array(EVENT_WORDS);
  readonly #wakes = new BigUint64Array(1);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.epoll_create1(CLOEXEC);
    this.#wakeFd = libc.eventfd(0, CLOEXEC);
    this.add(this.#wakeFd, WAKE_KEY, READABLE);
  }

  /**
   * Watches a connection.
   *
   * @param key What it is told by; greater than 0.
   * @returns Whether the kernel does.
   */
  add(fd: number, key: number, interest: number): boolean {
    return this.#control(EPOLL_CTL_ADD, fd, key, interest) === 0;
  }

  /** Changes what a connection is watched for. */
  change(fd: number, key: number, interest: number): void {
    this.#control(EPOLL_CTL_MOD, fd, key, interest);
  }

  /** Watches a connection no more. */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /**
   * Tells of everything that is ready now.
   *
   * @returns How many were.
   */
  look(tell: (key: number, ready: number) => void): number {
    const events = this.#events;
    const count = this.#libc.epoll_wait(this.#fd, events, MAX_EVENTS, 0);
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      const key = events[at + KEY_AT];
      if (key === WAKE_KEY) this.#libc.read(this.#wakeFd, this.#wakes, 8);
      else tell(key, events[at]);
    }
    return Math.max(0, count);
  }

  /** Waits, in another thread, until something is ready or `wake` is called. */
  async wait(): Promise<void> {
    await this.#libc.epoll_wait_elsewhere(this.#fd, this.#awaited, 1, -1);
  }

  /** Ends the wait under way, or else the next one. */
  wake(): void {
    this.#wakes[0] = 1n;
    this.#libc.write(this.#wakeFd, this.#wakes, 8);
  }

  /** Not to be called while somebody waits. */
  close(): void {
    this.#libc.close(this.#wakeFd);
    this.#libc.close(this.#fd);
  }

  #control(how: number, fd: number, key: number, interest: number): number {
    this.#one[0] = interest;
    this.#one[KEY_AT] = key;
    return this.#libc.epoll_ctl(this.#fd, how, fd, this.#one);
  }
}
