// Tells of connections that are ready: at once, or hundreds of talkative ones by looking at all of
// them every few milliseconds, since waking Deno's loop for each costs several times what the kernel
// takes.

import { Epoll } from "./epoll.ts";
import type { Libc } from "./libc.ts";

/** Who is told when its connection is ready. */
export interface Member {
  /** @param ready Of `READABLE`, `WRITABLE` and `BROKEN`. */
  ready(ready: number): void;
}

/** Looks while there is something, and waits while there is nothing. */
export class ReadyLoop {
  readonly #libc: Libc;
  readonly #lookMs: number;
  /** By a number that is never used again, as file descriptors are. */
  readonly #members = new Map<number, Member>();
  readonly #tell = (key: number, ready: number) => this.#tellOne(key, ready);
  #epoll: Epoll | undefined;
  #lastKey = 0;

  /**
   * @param lookMs Ms between two looks while there is something each time: what came meanwhile is one
   *   batch. Default: 0, at once.
   */
  constructor(libc: Libc, lookMs = 0) {
    this.#libc = libc;
    this.#lookMs = lookMs;
  }

  /** @returns What to call the member by; undefined where the kernel does not watch it. */
  join(fd: number, interest: number, member: Member): number | undefined {
    const key = ++this.#lastKey;
    const running = this.#epoll !== undefined;
    const epoll = this.#epoll ??= new Epoll(this.#libc);
    const watched = epoll.add(fd, key, interest);
    if (watched) this.#members.set(key, member);
    if (!running) this.#run(epoll);
    return watched ? key : undefined;
  }

  /** Changes what a member is told of. */
  change(key: number, fd: number, interest: number): void {
    this.#epoll?.change(fd, key, interest);
  }

  /** Tells a member nothing any more, though its file descriptor stays open. */
  release(key: number, fd: number): void {
    this.#epoll?.remove(fd);
    this.leave(key);
  }

  /** Tells a member nothing any more; its file descriptor is to be closed. */
  leave(key: number): void {
    this.#members.delete(key);
    if (this.#members.size === 0) this.#epoll?.wake();
  }

  async #run(epoll: Epoll): Promise<void> {
    while (this.#members.size > 0) {
      await epoll.wait();
      if (this.#lookMs > 0) await this.#lookWhileBusy(epoll);
      else epoll.look(this.#tell);
    }
    this.#epoll = undefined;
    epoll.close();
  }

  #lookWhileBusy(epoll: Epoll): Promise<void> {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (epoll.look(this.#tell) > 0) return;
        clearInterval(timer);
        resolve();
      }, this.#lookMs);
      epoll.look(this.#tell);
    });
  }

  #tellOne(key: number, ready: number): void {
    try {
      this.#members.get(key)?.ready(ready);
    } catch (error) {
      reportError(error); // as from any other callback: the others go on
    }
  }
}
