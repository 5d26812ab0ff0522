import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { withSocketPair } from "../../shared/testing/socket_pair.ts";
import { READABLE } from "./epoll.ts";
import { openKernel } from "./kernel.ts";

const kernel = openKernel();

/** A connection's own file descriptor, and its client. */
function joined(test: (fd: number, client: Socket) => Promise<void>): Promise<void> {
  return withSocketPair("127.0.0.1", async (socket, client) => {
    const fd = kernel!.dup(kernel!.find(socket)!)!;
    socket.destroy();
    try {
      await test(fd, client);
    } finally {
      kernel!.close(fd);
    }
  });
}

Deno.test({
  name: "a member that throws does not keep the others from being told",
  ignore: !kernel,
  fn: () =>
    joined((fd, client) =>
      joined(async (otherFd, otherClient) => {
        const { loop } = kernel!;
        const errors: string[] = [];
        const onError = (event: ErrorEvent) => {
          event.preventDefault();
          errors.push(event.error.message);
        };
        globalThis.addEventListener("error", onError);
        const told = Promise.withResolvers<number>();
        const bad = loop.join(fd, READABLE, {
          ready() {
            kernel!.receive(fd);
            throw new Error("no");
          },
        })!;
        client.write("a");
        const good = loop.join(otherFd, READABLE, { ready: (ready) => told.resolve(ready) })!;
        otherClient.write("b");
        assert.equal(await told.promise & READABLE, READABLE);
        loop.leave(good);
        loop.leave(bad);
        globalThis.removeEventListener("error", onError);
        assert.deepEqual(errors, ["no"]);
      })
    ),
});

Deno.test({
  name: "nobody is told anything before joining is over, or after leaving; then others may join",
  ignore: !kernel,
  fn: async () => {
    const { loop } = kernel!;
    for (let n = 0; n < 3; n++) {
      await joined(async (fd, client) => {
        client.write("x");
        const told = Promise.withResolvers<void>();
        let times = 0;
        const key: number = loop.join(fd, READABLE, {
          ready() {
            times++;
            loop.leave(key);
            told.resolve();
          },
        })!;
        assert.equal(times, 0);
        await told.promise;
        assert.equal(times, 1);
      });
    }
  },
});

Deno.test({
  name: "a file descriptor that is no connection is not watched",
  ignore: !kernel,
  fn: () => {
    assert.equal(kernel!.loop.join(999_999, READABLE, { ready() {} }), undefined);
  },
});
