// Both ends of one connection, in this process.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Connects with a server of its own, gives both ends to `test`, and ends them after it. */
export async function withSocketPair(
  host: string,
  test: (atServer: Socket, atClient: Socket) => Promise<void>,
): Promise<void> {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => accepted.resolve(socket));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect(port, host === "::" ? "127.0.0.1" : host);
  const atServer = await accepted.promise;
  try {
    await test(atServer, client);
  } finally {
    client.destroy();
    atServer.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
