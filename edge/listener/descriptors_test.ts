import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { addressBytes, Descriptors } from "./descriptors.ts";
import { openLibc } from "./libc.ts";

const libc = openLibc();

/** The server's ends of so many connections, in the order in which they came. */
async function accepted(count: number, use: (sockets: Socket[]) => Promise<void>): Promise<void> {
  const server = createServer();
  const clients: Socket[] = [];
  const sockets: Socket[] = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    while (sockets.length < count) {
      const client = connect((server.address() as { port: number }).port, "127.0.0.1");
      client.on("error", () => {});
      clients.push(client);
      const [socket] = await once(server, "connection");
      socket.on("error", () => {});
      sockets.push(socket);
    }
    await use(sockets);
  } finally {
    for (const socket of [...clients, ...sockets]) socket.destroy();
    server.close();
    await once(server, "close");
  }
}

Deno.test({
  name: "each of many connections is found, in whatever order they are asked for",
  ignore: !libc,
  fn: () =>
    accepted(400, async (sockets) => {
      const descriptors = new Descriptors(libc!);
      // One of the lowest after one of the highest, and back: none is near the last one.
      const half = sockets.length / 2;
      const found = new Set<number>();
      for (let i = 0; i < half; i++) {
        for (const socket of [sockets[i], sockets[half + i]]) {
          const fd = descriptors.of(socket);
          assert.notEqual(fd, undefined, `connection ${sockets.indexOf(socket)}`);
          found.add(fd!);
        }
      }
      assert.equal(found.size, sockets.length);
      const [gone] = sockets;
      gone.destroy();
      await once(gone, "close");
      assert.equal(descriptors.of(gone), undefined);
    }),
});

Deno.test("an address is its bytes, however it is written", () => {
  const hex = (text: string) => addressBytes(text).toHex();
  assert.equal(hex("127.0.0.1"), "00000000000000000000ffff7f000001");
  assert.equal(hex("::ffff:127.0.0.1"), hex("127.0.0.1"));
  assert.equal(hex("::1"), "00000000000000000000000000000001");
  assert.equal(hex("::"), "00000000000000000000000000000000");
  assert.equal(hex("fe80::1:2%eth0"), "fe800000000000000000000000010002");
  assert.equal(hex("2001:db8:1:2:3:4:5:6"), "20010db8000100020003000400050006");
});
