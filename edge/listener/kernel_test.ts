import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { withAccepted, withDescriptor } from "../../shared/testing/accepted_socket.ts";
import { openKernel } from "./kernel.ts";

const HERE = Deno.build.os === "linux" && Deno.build.target.includes("gnu");

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

async function read(socket: Socket, length: number): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length >= length) break;
  }
  return text;
}

for (const host of ["127.0.0.1", "::1", "::"]) {
  Deno.test({
    name: `who comes is accepted with its address, and heard and answered, on ${host}`,
    ignore: !HERE || !canListen(host),
    fn: () => {
      const kernel = openKernel()!;
      return withAccepted(kernel, host, async ({ fd, peer }, client) => {
        const hostname = host === "::" ? "::ffff:127.0.0.1" : host;
        assert.deepEqual(peer, { transport: "tcp", hostname, port: client.localPort });
        assert.equal(kernel.receive(fd), undefined);
        assert.equal(kernel.send(fd, new TextEncoder().encode("down")), 4);
        assert.equal(await read(client, 4), "down");
        await new Promise<void>((resolve) => client.end("up", () => resolve()));
        let heard = "";
        for (let chunk; (chunk = kernel.receive(fd))?.length !== 0;) heard += chunk ?? "";
        assert.equal(heard, "up");
        kernel.close(fd);
      });
    },
  });
}

Deno.test({
  name: "who does not read is given as much as the kernel takes, and then nothing",
  ignore: !HERE,
  fn: () => {
    const kernel = openKernel()!;
    return withDescriptor(kernel, async (fd, client) => {
      kernel.limitWaiting(fd);
      const bytes = new Uint8Array(1_000_000);
      let taken = 0;
      let last = 0;
      do taken += last = kernel.send(fd, bytes); while (last > 0);
      // Not the megabytes that a kernel takes by itself: they would be old when they arrive.
      assert.ok(taken > 0 && taken < 1_000_000, `${taken} bytes`);
      let got = 0;
      for await (const chunk of client) if ((got += chunk.length) === taken) break;
    });
  },
});
