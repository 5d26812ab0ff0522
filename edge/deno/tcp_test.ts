import assert from "node:assert/strict";
import { limitWaiting } from "./tcp.ts";

const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

/** How many sockets of this process keep at most 16 KB waiting. */
function limited(): number {
  const libc = Deno.dlopen("libc.so.6", {
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const value = new Uint32Array(1);
  const length = new Uint32Array([4]);
  let count = 0;
  for (let fd = 0; fd < 1024; fd++) {
    const { getsockopt } = libc.symbols;
    if (getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, value, length) !== 0) continue;
    if (value[0] === 16 * 1024) count++;
  }
  libc.close();
  return count;
}

Deno.test({
  name: "connections that are accepted from then on keep little waiting",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using listening = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const before = limited();
  limitWaiting();
  assert.ok(limited() > before, "the listening socket");
  const listeners = limited();
  using _client = await Deno.connect({ hostname: "127.0.0.1", port: listening.addr.port });
  using _accepted = await listening.accept();
  assert.equal(limited(), listeners + 1);
});
