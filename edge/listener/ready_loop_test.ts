import assert from "node:assert/strict";
import { withDescriptor } from "../../shared/testing/accepted_socket.ts";
import { READABLE } from "./epoll.ts";
import { openKernel } from "./kernel.ts";

const kernel = openKernel();

/** Told of what comes at once, and of what came in a while. */
const LOOPS = ["prompt", "batched"] as const;

for (const which of LOOPS) {
  Deno.test({
    name: `${which}: a member that throws does not keep the others from being told`,
    ignore: !kernel,
    fn: () =>
      withDescriptor(
        kernel!,
        (fd, client) =>
          withDescriptor(kernel!, async (otherFd, otherClient) => {
            const loop = kernel![which];
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
          }),
      ),
  });

  Deno.test({
    name:
      `${which}: nobody is told anything before joining is over, or after leaving; then others may join`,
    ignore: !kernel,
    fn: async () => {
      const loop = kernel![which];
      for (let n = 0; n < 3; n++) {
        await withDescriptor(kernel!, async (fd, client) => {
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
    name: `${which}: a file descriptor that is no connection is not watched`,
    ignore: !kernel,
    fn: () => {
      assert.equal(kernel![which].join(999_999, READABLE, { ready() {} }), undefined);
    },
  });
}
