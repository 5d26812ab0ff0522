// Reads hundreds of talkative connections by looking at all of them every few milliseconds. A read by
// way of Node wakes Deno's loop for each of them, which costs several times what the kernel takes.

import { Epoll } from "./epoll.ts";
import type { Libc } from "./libc.ts";

/** Who is told when its connection is ready. */
export interface Member {
  /** @param ready Of `READABLE`, `WRITABLE` and `BROKEN`. */
  ready(ready: number): void;
}

/** Ms between two looks while there is something each time: what came meanwhile is one batch. */
const LOOK_MS = 4;

/** Looks while there is something, and waits while there is nothing. */
export class ReadyLoop {
  readonly #libc: Libc;
  /** By a number that is never used again, as file descriptors are. */
  readonly #members = new Map<number, Member>();
  readonly #tell = (key: number, ready: number) => this.#tellOne(key, ready);
  #epoll: Epoll | undefined;
  #lastKey = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
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

  /** Tells a member nothing any more; its file descriptor is to be closed. */
  leave(key: number): void {
    this.#members.delete(key);
    if (this.#members.size === 0) this.#epoll?.wake();
  }

  async #run(epoll: Epoll): Promise<void> {
    while (this.#members.size > 0) {
      await epoll.wait();
      await this.#lookWhileBusy(epoll);
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
      }, LOOK_MS);
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
