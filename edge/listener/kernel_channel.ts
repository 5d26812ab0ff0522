// A connection that is the kernel's alone: neither Node nor Deno knows of it. Node takes 0.2 ms longer
// for the first picture, and 3 us for each one on top of the 8 us that the kernel takes.

import { Buffer } from "node:buffer";
import type { Channel } from "./channel.ts";
import { BROKEN, READABLE, WRITABLE } from "./epoll.ts";
import type { Accepted, Kernel } from "./kernel.ts";
import type { Member, ReadyLoop } from "./ready_loop.ts";

/** Carries bytes by a file descriptor. */
export class KernelChannel implements Channel, Member {
  readonly peer: Deno.NetAddr;
  onData: (chunk: Buffer) => void = () => {};
  onClose: () => void = () => {};
  readonly #kernel: Kernel;
  readonly #fd: number;
  #loop: ReadyLoop;
  #key: number;
  /** What the kernel has not taken yet, in order. */
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #waiting = 0;
  #whenSent: (() => void)[] = [];
  #interest = READABLE;
  #paused = false;
  /** Whether a picture was shared on it. */
  #shared = false;
  /** Whether the client has ended its side; whether this side is to end, or has. */
  #heardAll = false;
  #ending = false;
  #closed = false;

  /** @param accepted Closed with the connection, or at once where the kernel does not watch it. */
  constructor({ fd, peer }: Accepted, kernel: Kernel) {
    this.#fd = fd;
    this.peer = peer;
    this.#kernel = kernel;
    this.#loop = kernel.prompt;
    const key = this.#loop.join(fd, READABLE, this);
    this.#key = key ?? 0;
    if (key === undefined) this.destroy();
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
    // Who gets a second picture will get a third.
    if (this.#shared && this.#loop !== this.#kernel.batched) this.#settle();
    this.#shared = true;
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
    this.#loop.leave(this.#key);
    this.#kernel.close(this.#fd);
    queueMicrotask(() => this.onClose());
  }

  ready(ready: number): void {
    if ((ready & WRITABLE) !== 0) this.#flush();
    if ((ready & READABLE) !== 0 && !this.#closed) this.#read();
    if ((ready & BROKEN) !== 0) this.destroy();
  }

  get #writable(): boolean {
    return !this.#closed && !this.#ending;
  }

  /** From now on one of hundreds: to be heard every few milliseconds is soon enough. */
  #settle(): void {
    const { batched } = this.#kernel;
    const key = batched.join(this.#fd, this.#interest, this);
    if (key === undefined) return;
    this.#loop.release(this.#key, this.#fd);
    this.#loop = batched;
    this.#key = key;
    this.#kernel.limitWaiting(this.#fd);
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
    if (chunk.length > 0) return this.onData(chunk);
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
    this.#loop.change(this.#key, this.#fd, interest);
  }
}
