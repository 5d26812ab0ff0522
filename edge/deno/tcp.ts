// Little waits in the kernel for a connection that is slow. By itself it would keep megabytes: on a
// line of 64 KB/s frames are a quarter of a minute old by the time they arrive. The one place where
// the C library is called; without the permission everything works, only later for slow viewers.

const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

/** Bytes that may wait unsent in one connection. */
const WAITING_BYTES = 16 * 1024;

/** So many descriptors in a row that are no sockets, and there are none behind them. */
const MAX_GAP = 1024;

/** Sets it on each listening socket of this process; connections accepted from then on inherit it. */
export function limitWaiting(): void {
  if (Deno.build.os !== "linux") return;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    const libc = openLibc();
    const { getsockopt, setsockopt } = libc.symbols;
    const answer = new Uint32Array(1);
    const length = new Uint32Array([answer.byteLength]);
    const limit = new Uint32Array([WAITING_BYTES]);
    for (let fd = 0, gap = 0; gap < MAX_GAP; fd++, gap++) {
      if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, answer, length) !== 0) continue;
      gap = 0;
      if (answer[0] === 1) setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, limit, 4);
    }
    libc.close();
  } catch {
    return; // another C library
  }
}

function openLibc() {
  return Deno.dlopen("libc.so.6", {
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  });
}
