// The file descriptor of a listening socket. Deno does not say which is whose. The kernel does: no
// other one listens on the same port here.

import type { Libc } from "./libc.ts";
import { SocketAddress } from "./socket_address.ts";

const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const F_DUPFD_CLOEXEC = 1030;

/** So many in a row that are no sockets, and there are none behind them. */
const MAX_GAP = 1024;

type Calls = Pick<Libc, "fcntl" | "getsockname" | "getsockopt" | "inet_ntop">;

/** Another descriptor of the socket that listens on `port`, which outlives the first; undefined for none. */
export function listeningSocket(libc: Calls, port: number): number | undefined {
  const address = new SocketAddress(libc);
  for (let fd = 0, gap = 0; gap < MAX_GAP; fd++, gap++) {
    if (libc.getsockname(fd, address.bytes, address.length) !== 0) continue;
    gap = 0;
    if (address.port !== port || !listens(libc, fd)) continue;
    const other = libc.fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return other < 0 ? undefined : other;
  }
  return undefined;
}

function listens(libc: Calls, fd: number): boolean {
  const answer = new Uint32Array(1);
  const length = new Uint32Array([answer.byteLength]);
  return libc.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, answer, length) === 0 && answer[0] === 1;
}
