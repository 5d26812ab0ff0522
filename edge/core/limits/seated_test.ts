import assert from "node:assert/strict";
import { seated, STUCK_DROP_MS, ViewerGate } from "./viewer_gate.ts";

/** A body of endless pieces, through a gate. */
function setUp() {
  const gate = new ViewerGate({ maxViewers: 1, maxViewersPerAddress: 1 });
  const place = gate.admit(undefined);
  assert(typeof place === "object");
  let ended = false;
  async function* endless() {
    for (;;) yield new Uint8Array(10);
  }
  const stream = seated(place, (gone) => {
    gone.addEventListener("abort", () => ended = true);
    return endless();
  });
  return { gate, reader: stream.getReader(), ended: () => ended };
}

Deno.test("what nobody reads loses its place, and ends", async () => {
  const { gate, reader, ended } = setUp();
  await reader.read();
  for (let now = 0; now <= STUCK_DROP_MS + 1000; now += 1000) gate.tick(now);
  assert.equal(gate.seated, 0);
  assert((await reader.read()).done);
  assert(ended());
});

Deno.test("what is read keeps its place, however slowly", async () => {
  const { gate, reader } = setUp();
  for (let now = 0; now <= 3 * STUCK_DROP_MS; now += 1000) {
    if (now % 60_000 === 0) assert.equal((await reader.read()).done, false);
    gate.tick(now);
  }
  assert.equal(gate.seated, 1);
});

Deno.test("a reader that leaves ends the body and its place, before the first piece too", async () => {
  for (const before of [0, 1]) {
    const { gate, reader, ended } = setUp();
    if (before > 0) await reader.read();
    await reader.cancel();
    assert.deepEqual([ended(), gate.seated], [true, 0]);
    for (let now = 0; now <= STUCK_DROP_MS + 1000; now += 1000) gate.tick(now);
  }
});
