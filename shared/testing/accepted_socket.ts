// A connection by its file descriptor at the server's end, and its client in the same process.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Accepted, Kernel } from "../../edge/listener/kernel.ts";

/**
 * Accepts one connection, gives both ends to `test`, and ends the client after it.
 *
 * @param host Where to listen.
 * @param test Gets the server's end too, and has it closed.
 */
export async function withAccepted(
  kernel: Kernel,
  host: string,
  test: (accepted: Accepted, client: Socket) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: host, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const listening = kernel.listening(port)!;
  listener.close();
  const client = connect(port, host === "::" ? "127.0.0.1" : host);
  client.on("error", () => {});
  await once(client, "connect");
  const accepted = kernel.accept(listening)!;
  kernel.close(listening);
  try {
    await test(accepted, client);
  } finally {
    client.destroy();
  }
}

/** As `withAccepted`, for a test that only uses the file descriptor: it is closed after it. */
export function withDescriptor(
  kernel: Kernel,
  test: (fd: number, client: Socket) => Promise<void>,
): Promise<void> {
  return withAccepted(kernel, "127.0.0.1", async ({ fd }, client) => {
    try {
      await test(fd, client);
    } finally {
      kernel.close(fd);
    }
  });
}
