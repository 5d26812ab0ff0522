import assert from "node:assert/strict";
import { seated, STUCK_DROP_MS, ViewerGate } from "./viewer_gate.ts";

/** A body of endless pieces, through a gate. */
function setUp() {
  const gate = new ViewerGate({ maxViewers: 1, maxViewersPerAddress: 1 });
  const place = gate.admit(undefined);
  assert(typeof place === "object");
  let ended = false;
  async function* pieces(gone: AbortSignal) {
    gone.addEventListener("abort", () => ended = true);
    for (;;) yield new Uint8Array(10);
  }
  return { gate, reader: seated(place, pieces).getReader(), ended: () => ended };
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

Deno.test("a reader that leaves ends the body", async () => {
  const { reader, ended } = setUp();
  await reader.read();
  await reader.cancel();
  assert(ended());
});

Deno.test("a reader that leaves before the first piece leaves its place", async () => {
  const gate = new ViewerGate({ maxViewers: 1, maxViewersPerAddress: 1 });
  const place = gate.admit(undefined);
  assert(typeof place === "object");
  await seated(place, async function* () {
    yield new Uint8Array(1);
  }).cancel();
  assert.equal(gate.seated, 0);
  for (let now = 0; now <= STUCK_DROP_MS + 1000; now += 1000) gate.tick(now);
});
