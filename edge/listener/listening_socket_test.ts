import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { openKernel } from "./kernel.ts";
import { openLibc } from "./libc.ts";
import { listeningSocket } from "./listening_socket.ts";

const libc = openLibc();
const kernel = openKernel();

Deno.test({
  name: "a listening socket goes on by its other descriptor when the first is closed",
  ignore: !kernel,
  fn: async () => {
    const others = Array.from({ length: 3 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const listener = others.pop()!;
    const { port } = listener.addr;
    const fd = kernel!.listening(port)!;
    listener.close();
    const client = connect(port, "127.0.0.1");
    await once(client, "connect");
    const accepted = kernel!.accept(fd)!;
    assert.deepEqual(accepted.peer, {
      transport: "tcp",
      hostname: "127.0.0.1",
      port: client.localPort!,
    });
    assert.equal(kernel!.accept(fd), undefined, "nobody else has come");
    for (const one of [fd, accepted.fd]) kernel!.close(one);
    client.destroy();
    for (const other of others) other.close();
  },
});

Deno.test({
  name: "a connection on a port is not taken for the socket that listens there",
  ignore: !libc,
  fn: async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const client = connect(port, "127.0.0.1");
    const atServer = await listener.accept();
    listener.close();
    assert.equal(listeningSocket(libc!, port), undefined);
    client.destroy();
    atServer.close();
  },
});
