import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { withSocketPair } from "../../shared/testing/socket_pair.ts";
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
    name: `the kernel's number of a connection is found, and it sends there, on ${host}`,
    ignore: !HERE || !canListen(host),
    fn: () =>
      withSocketPair(host, async (atServer, atClient) => {
        const kernel = openKernel()!;
        const fd = kernel.find(atServer)!;
        const other = kernel.find(atClient)!;
        assert.notEqual(fd, other);
        assert.equal(kernel.find(atServer), fd);
        assert.equal(kernel.send(fd, new TextEncoder().encode("down")), 4);
        assert.equal(await read(atClient, 4), "down");
        assert.equal(kernel.send(other, new TextEncoder().encode("up")), 2);
        assert.equal(await read(atServer, 2), "up");
      }),
  });
}

Deno.test({
  name: "who does not read is given as much as the kernel takes, and then nothing",
  ignore: !HERE,
  fn: () =>
    withSocketPair("127.0.0.1", async (atServer, atClient) => {
      const kernel = openKernel()!;
      const fd = kernel.find(atServer)!;
      const bytes = new Uint8Array(1_000_000);
      let taken = 0;
      let last = 0;
      do taken += last = kernel.send(fd, bytes); while (last > 0);
      // Not the megabytes that a kernel takes by itself: they would be old when they arrive.
      assert.ok(taken > 0 && taken < 1_000_000, `${taken} bytes`);
      let got = 0;
      for await (const chunk of atClient) if ((got += chunk.length) === taken) break;
    }),
});
