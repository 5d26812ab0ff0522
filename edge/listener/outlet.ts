// What a connection's bytes go out by.

import type { Socket } from "node:net";
import type { Kernel } from "./kernel.ts";

const NOT_FOUND = -1;

/** Writes to a connection. */
export type Write = (bytes: Uint8Array<ArrayBuffer>) => void;

/** Writes to a socket: straight to the kernel as long as it takes everything, else through Node. */
export function outletOf(socket: Socket, kernel: Kernel | undefined): Write {
  if (!kernel) return (bytes) => void socket.write(bytes);
  let fd: number | undefined;
  let first = true;
  return (bytes) => {
    // The first picture is not to wait for the number to be found, and there may be no second.
    if (first) {
      first = false;
      socket.write(bytes);
      return;
    }
    // Behind what still waits for room; and a number that is free again may be another's connection.
    const direct = socket.writableLength === 0 && socket.writable && !socket.destroyed;
    if (direct) fd ??= kernel.find(socket) ?? NOT_FOUND;
    const sent = direct && fd !== NOT_FOUND ? kernel.send(fd!, bytes) : 0;
    if (sent < bytes.length) socket.write(sent === 0 ? bytes : bytes.subarray(sent));
  };
}
