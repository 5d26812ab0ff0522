// The few calls of the C library with which one TypeScript thread reads or feeds thousands of
// sockets. Linux only. No errno: a call that fails on a non-blocking socket means "not now", and a
// broken connection shows in the epoll events.

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  usleep: { parameters: ["u32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_TRUNC = 0x20;
const MSG_PEEK = 2;
const CLOCK_MONOTONIC = 1;

/** Something can be read. */
export const READABLE = 1;
/** Something can be written. */
export const WRITABLE = 4;
/** The connection is broken or the other end has gone. */
export const BROKEN = 8 | 16 | 0x2000;

const time = new Int32Array(4);
const time64 = new BigInt64Array(time.buffer);

/** Microseconds of a clock that all processes of this machine share. */
export function nowUs(): number {
  libc.clock_gettime(CLOCK_MONOTONIC, time64);
  return time[0] * 1e6 + time[2] / 1000;
}

/** CPU seconds that all threads of a process have used, those that have ended too. */
export function cpuSeconds(pid: number): number {
  // What clock_getcpuclockid(3) gives for a process.
  libc.clock_gettime((~pid << 3) | 2, time64);
  return time[0] + time[2] / 1e9;
}

/** Text of a file under /proc, which Deno itself opens for nobody without every permission. */
export function readProc(path: string): string {
  const fd = libc.open(new TextEncoder().encode(`/proc/${path}\0`), 0);
  if (fd < 0) throw new Error(`/proc/${path} cannot be read`);
  const bytes = new Uint8Array(8192);
  const length = libc.read(fd, bytes, bytes.length);
  libc.close(fd);
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** Sleeps until `nowUs()` is about `us`. */
export function sleepUntil(us: number): void {
  const left = us - nowUs();
  if (left > 0) libc.usleep(Math.floor(left));
}

/** An unconnected or listening socket's address on this machine. */
function loopback(port: number): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(16);
  new Uint16Array(address.buffer)[0] = AF_INET;
  address.set([port >> 8, port & 0xff, 127, 0, 0, 1], 2);
  return address;
}

function setInt(fd: number, level: number, option: number, value: number): void {
  libc.setsockopt(fd, level, option, new Int32Array([value]), 4);
}

/**
 * A connection to a port of this machine.
 *
 * @param receiveBuffer Bytes the kernel keeps for a reader; default: its own choice.
 */
export function connect(port: number, receiveBuffer?: number): number {
  const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) throw new Error("socket: no more file descriptors");
  setInt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (receiveBuffer) setInt(fd, SOL_SOCKET, SO_RCVBUF, receiveBuffer);
  if (libc.connect(fd, loopback(port), 16) < 0) {
    throw new Error(`connect to 127.0.0.1:${port} failed`);
  }
  return fd;
}

/** A non-blocking socket that listens on a port of this machine. */
export function listen(port: number): number {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setInt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (libc.bind(fd, loopback(port), 16) < 0 || libc.listen(fd, 4096) < 0) {
    throw new Error(`listen on 127.0.0.1:${port} failed`);
  }
  return fd;
}

/** The next connection that waits, or -1. */
export function accept(fd: number): number {
  const accepted = libc.accept4(fd, null, null, SOCK_NONBLOCK);
  if (accepted >= 0) setInt(accepted, IPPROTO_TCP, TCP_NODELAY, 1);
  return accepted;
}

export function close(fd: number): void {
  libc.close(fd);
}

/** Bytes read into `into`, 0 where the other end has closed, -1 where there is nothing now. */
export function read(fd: number, into: Uint8Array<ArrayBuffer>, size: number): number {
  return libc.recv(fd, into, size, MSG_DONTWAIT);
}

/** As `read`, but what was read is there to be read again. */
export function peek(fd: number, into: Uint8Array<ArrayBuffer>): number {
  return libc.recv(fd, into, into.length, MSG_PEEK | MSG_DONTWAIT);
}

/** As `read`, but waits until there is something. */
export function readWaiting(fd: number, into: Uint8Array<ArrayBuffer>): number {
  return libc.recv(fd, into, into.length, 0);
}

const nothing = new Uint8Array(1);

/** Throws bytes away inside the kernel; answers as `read`. */
export function discard(fd: number, size: number): number {
  return libc.recv(fd, nothing, size, MSG_TRUNC | MSG_DONTWAIT);
}

/** Bytes written without waiting, -1 where there is no room now. */
export function write(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  return libc.send(fd, bytes, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/** Writes everything, waiting for room. */
export function writeAll(fd: number, bytes: Uint8Array<ArrayBuffer>): void {
  let rest = bytes;
  while (rest.length > 0) {
    const sent = libc.send(fd, rest, rest.length, MSG_NOSIGNAL);
    if (sent <= 0) throw new Error("send failed: the other end has gone");
    rest = rest.subarray(sent);
  }
}

/** Bytes of a `struct epoll_event`: packed on x86-64 only. */
const EVENT_INTS = Deno.build.arch === "x86_64" ? 3 : 4;
const DATA_AT = EVENT_INTS === 3 ? 1 : 2;
const MAX_EVENTS = 512;
const [ADD, REMOVE, MODIFY] = [1, 2, 3];

/** Waits for many sockets at once. */
export class Poll {
  readonly #fd = libc.epoll_create1(0);
  readonly #events = new Int32Array(EVENT_INTS * MAX_EVENTS);
  readonly #event = new Int32Array(EVENT_INTS);

  add(fd: number, events: number): void {
    this.#control(ADD, fd, events);
  }

  change(fd: number, events: number): void {
    this.#control(MODIFY, fd, events);
  }

  remove(fd: number): void {
    this.#control(REMOVE, fd, 0);
  }

  /** Calls `ready` for each socket on which something happened; waits at most `ms`, -1 = for ever. */
  wait(ms: number, ready: (fd: number, events: number) => void): void {
    const events = this.#events;
    const count = libc.epoll_wait(this.#fd, events, MAX_EVENTS, ms);
    for (let i = 0; i < count; i++) {
      ready(events[i * EVENT_INTS + DATA_AT], events[i * EVENT_INTS]);
    }
  }

  #control(operation: number, fd: number, events: number): void {
    this.#event[0] = events;
    this.#event[DATA_AT] = fd;
    libc.epoll_ctl(this.#fd, operation, fd, this.#event);
  }
}
