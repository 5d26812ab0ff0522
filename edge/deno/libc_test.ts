import assert from "node:assert/strict";
import { linuxTestAlone } from "../../shared/testing/processes.ts";
import { KEPT, setKept, withLibc } from "./libc.ts";

/** How many sockets of this process are set as `KEPT` says. */
function kept(): number {
  let count = 0;
  withLibc({
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  }, ({ getsockopt }) => {
    const value = new Uint32Array(1);
    const length = new Uint32Array([4]);
    for (let fd = 0; fd < 1024; fd++) {
      const isKept = KEPT.every(([level, name, wanted]) =>
        getsockopt(fd, level, name, value, length) === 0 && value[0] === wanted
      );
      if (isKept) count++;
    }
  });
  return count;
}

async function acceptAndLook(): Promise<void> {
  using listening = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const before = kept();
  setKept();
  assert.ok(kept() > before, "the listening socket");
  const listeners = kept();
  using _client = await Deno.connect({ hostname: "127.0.0.1", port: listening.addr.port });
  using _accepted = await listening.accept();
  assert.equal(kept(), listeners + 1);
}

// Other tests open and close such connections at the same time.
await linuxTestAlone(
  import.meta,
  "connections that are accepted from then on keep little waiting, and end when nobody is there",
  acceptAndLook,
);
