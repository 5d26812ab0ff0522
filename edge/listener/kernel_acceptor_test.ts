import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Channel } from "./channel.ts";
import { KernelAcceptor } from "./kernel_acceptor.ts";
import { type Kernel, openKernel } from "./kernel.ts";

const kernel = openKernel();

/** A kernel that accepts nobody while it is full. */
function limited(onRefused: () => void): { readonly kernel: Kernel; full: boolean } {
  const real = kernel!;
  const one = {
    full: true,
    kernel: {
      ...{ prompt: real.prompt, batched: real.batched, limitWaiting() {} },
      listening: (port: number) => real.listening(port),
      accept(fd: number) {
        if (!one.full) return real.accept(fd);
        onRefused();
        return undefined;
      },
      send: (fd: number, bytes: Uint8Array<ArrayBuffer>) => real.send(fd, bytes),
      share: (fd: number, bytes: Uint8Array<ArrayBuffer>) => real.share(fd, bytes),
      receive: (fd: number) => real.receive(fd),
      finish: (fd: number) => real.finish(fd),
      close: (fd: number) => real.close(fd),
    },
  };
  return one;
}

Deno.test({
  name: "who cannot be accepted is tried again at each tick, said once, and then accepted",
  ignore: !kernel,
  fn: async () => {
    let refused = 0;
    let onRefused = () => {};
    const some = limited(() => (refused++, onRefused()));
    const nextRefusal = () => new Promise<void>((resolve) => onRefused = resolve);
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const log = { info: say, warn: say, error: say };
    const came = Promise.withResolvers<Channel>();
    const at = { host: "127.0.0.1", port: 0 };
    const acceptor = KernelAcceptor.listen(at, some.kernel, log, came.resolve)!;
    const first = nextRefusal();
    const client = connect(acceptor.address.port, "127.0.0.1");
    await first;
    const second = nextRefusal();
    acceptor.tick();
    await second;
    assert.equal(refused, 2, "not asked in between");
    assert.equal(said.length, 1);
    assert.match(said[0], /file descriptors/);
    some.full = false;
    acceptor.tick();
    const channel = await came.promise;
    assert.equal(said.length, 2);
    acceptor.close();
    channel.destroy();
    client.destroy();
  },
});

Deno.test({
  name: "an address that is taken is refused with a reason",
  ignore: !kernel,
  fn: () => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const log = { info() {}, warn() {}, error() {} };
    assert.throws(
      () => KernelAcceptor.listen({ host: "127.0.0.1", port }, kernel!, log, () => {}),
      Deno.errors.AddrInUse,
    );
    taken.close();
  },
});
