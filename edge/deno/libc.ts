// The one place where the C library is called, for what Deno has no words for. Without the permission,
// and with another C library, everything works, only not as well.

import { STUCK_DROP_MS } from "../core/limits/viewer_gate.ts";

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_USER_TIMEOUT = 18;
const TCP_NOTSENT_LOWAT = 25;

/** Bytes that may wait unsent in one connection. */
const WAITING_BYTES = 16 * 1024;

/** Seconds of silence after which a client is asked whether it is there, and again. */
const ASK_AFTER_S = 60;

/**
 * What each connection is set to: level, name, value. Little waits in the kernel for one that is slow: by
 * itself it would keep megabytes, and on a line of 64 KB/s frames are a quarter of a minute old by the
 * time they arrive. And one whose client has vanished without a word ends: by itself it would stay for a
 * quarter of an hour while there is something to send, else for ever, and count for its address.
 */
export const KEPT = [
  [IPPROTO_TCP, TCP_NOTSENT_LOWAT, WAITING_BYTES],
  // Also where a client takes nothing: as the edge sees it.
  [IPPROTO_TCP, TCP_USER_TIMEOUT, STUCK_DROP_MS],
  [IPPROTO_TCP, TCP_KEEPIDLE, ASK_AFTER_S],
  [IPPROTO_TCP, TCP_KEEPINTVL, ASK_AFTER_S],
  [SOL_SOCKET, SO_KEEPALIVE, 1],
] as const;

/** So many descriptors in a row that are no sockets, and there are none behind them. */
const MAX_GAP = 1024;

/** Lets `use` call the functions of glibc that `symbols` names, where there is one. */
export function withLibc<S extends Deno.ForeignLibraryInterface>(
  symbols: S,
  use: (libc: Deno.StaticForeignLibraryInterface<S>) => void,
): void {
  if (Deno.build.os !== "linux") return;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  let libc: Deno.DynamicLibrary<S>;
  try {
    libc = Deno.dlopen("libc.so.6", symbols);
  } catch {
    return; // another C library
  }
  use(libc.symbols);
  libc.close();
}

/** Gives memory that was freed back to the machine: glibc keeps what lies between what is in use. */
export function giveBackMemory(): void {
  withLibc({ malloc_trim: { parameters: ["usize"], result: "i32" } }, ({ malloc_trim }) => {
    malloc_trim(0n);
  });
}

/**
 * Has the kernel end this process in so many seconds. While Deno hands its last metrics to a collector
 * that has begun to hang it runs no code of ours, and does not come back.
 */
export function endIn(seconds: number): void {
  withLibc({ alarm: { parameters: ["u32"], result: "u32" } }, ({ alarm }) => void alarm(seconds));
}

/** Sets `KEPT` on each listening socket of this process; connections accepted from then on inherit it. */
export function setKept(): void {
  const option = ["i32", "i32", "i32", "buffer"] as const;
  withLibc({
    getsockopt: { parameters: [...option, "buffer"], result: "i32" },
    setsockopt: { parameters: [...option, "u32"], result: "i32" },
  }, ({ getsockopt, setsockopt }) => {
    const answer = new Uint32Array(1);
    const length = new Uint32Array([answer.byteLength]);
    for (let fd = 0, gap = 0; gap < MAX_GAP; fd++, gap++) {
      if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, answer, length) !== 0) continue;
      gap = 0;
      if (answer[0] !== 1) continue;
      for (const [level, name, value] of KEPT) {
        setsockopt(fd, level, name, new Uint32Array([value]), length[0]);
      }
    }
  });
}
