// A connection that is the kernel's alone: nothing of Node or Deno knows of it any more.

import { Buffer } from "node:buffer";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import { BROKEN, READABLE, WRITABLE } from "./epoll.ts";
import type { Kernel } from "./kernel.ts";
import type { Member } from "./ready_loop.ts";

/** Carries bytes by a file descriptor. */
export class KernelCarrier implements Carrier, Member {
  readonly #kernel: Kernel;
  readonly #fd: number;
  readonly #events: CarrierEvents;
  #key = 0;
  /** What the kernel has not taken yet, in order. */
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #waiting = 0;
  #whenSent: (() => void)[] = [];
  #interest = READABLE;
  #paused = false;
  /** Whether the client has ended its side; whether this side is to end, or has. */
  #heardAll = false;
  #ending = false;
  #closed = false;

  private constructor(fd: number, kernel: Kernel, events: CarrierEvents) {
    this.#fd = fd;
    this.#kernel = kernel;
    this.#events = events;
  }

  /**
   * Takes a connection over.
   *
   * @param fd Closed with the connection, or at once where the kernel does not watch it.
   */
  static adopt(fd: number, kernel: Kernel, events: CarrierEvents): KernelCarrier | undefined {
    const carrier = new KernelCarrier(fd, kernel, events);
    const key = kernel.loop.join(fd, READABLE, carrier);
    if (key === undefined) {
      kernel.close(fd);
      return undefined;
    }
    carrier.#key = key;
    return carrier;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(data: Uint8Array<ArrayBuffer> | string): void {
    if (!this.#writable) return;
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
    this.#keep(bytes, this.#waiting > 0 ? 0 : this.#kernel.send(this.#fd, bytes));
  }

  share(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#writable) return;
    this.#keep(bytes, this.#waiting > 0 ? 0 : this.#kernel.share(this.#fd, bytes));
  }

  whenSent(callback: () => void): void {
    if (this.#waiting > 0) this.#whenSent.push(callback);
    else queueMicrotask(() => this.#closed || callback());
  }

  pause(): void {
    this.#paused = true;
    this.#listen();
  }

  resume(): void {
    this.#paused = false;
    this.#listen();
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#waiting === 0) this.#finish();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#waiting = 0;
    this.#kernel.loop.leave(this.#key);
    this.#kernel.close(this.#fd);
    queueMicrotask(() => this.#events.close());
  }

  ready(ready: number): void {
    if ((ready & WRITABLE) !== 0) this.#flush();
    if ((ready & READABLE) !== 0 && !this.#closed) this.#read();
    if ((ready & BROKEN) !== 0) this.destroy();
  }

  get #writable(): boolean {
    return !this.#closed && !this.#ending;
  }

  /** Keeps what was not sent until there is room. */
  #keep(bytes: Uint8Array<ArrayBuffer>, sent: number): void {
    if (sent === bytes.length) return;
    this.#queue.push(bytes.subarray(sent));
    this.#waiting += bytes.length - sent;
    this.#listen();
  }

  #flush(): void {
    while (this.#queue.length > 0) {
      const [bytes] = this.#queue;
      const sent = this.#kernel.send(this.#fd, bytes);
      this.#waiting -= sent;
      if (sent < bytes.length) {
        this.#queue[0] = bytes.subarray(sent);
        return;
      }
      this.#queue.shift();
    }
    this.#listen();
    if (this.#ending) this.#finish();
    for (const callback of this.#whenSent.splice(0)) callback();
  }

  #read(): void {
    const chunk = this.#kernel.receive(this.#fd);
    if (!chunk) return;
    if (chunk.length > 0) return this.#events.data(chunk);
    this.#heardAll = true;
    this.#ending = true;
    if (this.#waiting === 0) this.destroy();
    else this.#listen();
  }

  #finish(): void {
    if (this.#heardAll) this.destroy();
    else this.#kernel.finish(this.#fd);
  }

  #listen(): void {
    if (this.#closed) return;
    const read = this.#paused || this.#heardAll ? 0 : READABLE;
    const interest = read | (this.#waiting > 0 ? WRITABLE : 0);
    if (interest === this.#interest) return;
    this.#interest = interest;
    this.#kernel.loop.change(this.#key, this.#fd, interest);
  }
}
