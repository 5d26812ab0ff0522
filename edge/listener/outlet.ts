// What a connection's bytes go out by.

import type { Socket } from "node:net";
import type { Kernel } from "./kernel.ts";

/** Writes to a connection. */
export type Write = (bytes: Uint8Array<ArrayBuffer>) => void;

/** Writes to a socket: straight to the kernel as long as it takes everything, else through Node. */
export function outletOf(socket: Socket, kernel: Kernel | undefined): Write {
  const fd = kernel?.find(socket);
  if (!kernel || fd === undefined) return (bytes) => void socket.write(bytes);
  return (bytes) => {
    // Behind what still waits for room; and a number that is free again may be another's connection.
    const direct = socket.writableLength === 0 && socket.writable && !socket.destroyed;
    const sent = direct ? kernel.send(fd, bytes) : 0;
    if (sent < bytes.length) socket.write(sent === 0 ? bytes : bytes.subarray(sent));
  };
}
