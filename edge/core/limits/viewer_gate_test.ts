import assert from "node:assert/strict";
import {
  type Guest,
  type Place,
  seated,
  STUCK_DROP_MS,
  STUCK_YIELD_MS,
  ViewerGate,
} from "./viewer_gate.ts";

/** A viewer that has taken `taken` frames, or is waiting for one. */
class TestGuest implements Guest {
  taken = 0;
  waiting = false;
  dropped = false;
  progress() {
    return this.waiting ? undefined : this.taken;
  }
  drop() {
    this.dropped = true;
  }
}

function admitted(gate: ViewerGate, address?: string): { place: Place; guest: TestGuest } {
  const place = gate.admit(address);
  assert(typeof place === "object");
  const guest = new TestGuest();
  place.seat(guest);
  return { place, guest };
}

Deno.test("the instance and each address have their own number of places", () => {
  const gate = new ViewerGate({ maxViewers: 3, maxViewersPerAddress: 2 });
  const first = admitted(gate, "a");
  admitted(gate, "a");
  assert.equal(gate.admit("a"), "address");
  admitted(gate, "b");
  assert.equal(gate.admit("b"), "instance");
  first.place.free();
  first.place.free();
  admitted(gate, "a");
  assert.equal(gate.admit("a"), "address");
  assert.deepEqual(gate.refused, { instance: 1, address: 2 });
  const nobodys = new ViewerGate({ maxViewers: 3, maxViewersPerAddress: 1 });
  for (let i = 0; i < 3; i++) admitted(nobodys);
  assert.equal(nobodys.admit(undefined), "instance", "without an address counted together only");
});

Deno.test("who takes nothing for five minutes is dropped, who waits for frames never", () => {
  const gate = new ViewerGate({ maxViewers: 10, maxViewersPerAddress: 10 });
  const stuck = admitted(gate).guest;
  const waiting = admitted(gate).guest;
  const slow = admitted(gate).guest;
  waiting.waiting = true;
  for (let now = 0; now <= STUCK_DROP_MS + 2000; now += 1000) {
    if (now % 100_000 === 0) slow.taken++;
    gate.tick(now);
  }
  assert.deepEqual([stuck.dropped, waiting.dropped, slow.dropped], [true, false, false]);
  assert.equal(gate.seated, 2);
  assert.equal(gate.dropped, 1);
});

Deno.test("at capacity whoever is stuck for longest gives way, and nobody else", () => {
  const gate = new ViewerGate({ maxViewers: 2, maxViewersPerAddress: 10 });
  const healthy = admitted(gate).guest;
  const stuck = admitted(gate).guest;
  gate.tick(0);
  for (let now = 1000; now <= STUCK_YIELD_MS; now += 1000) {
    healthy.taken++;
    gate.tick(now);
    assert.equal(gate.admit(undefined), "instance");
  }
  healthy.taken++;
  gate.tick(STUCK_YIELD_MS + 1000);
  assert.equal(gate.stuck, 1);
  admitted(gate);
  assert.deepEqual([healthy.dropped, stuck.dropped], [false, true]);
});

Deno.test("who came in by a pass goes when it ends or is given back, and the others stay", () => {
  const gate = new ViewerGate({ maxViewers: 10, maxViewersPerAddress: 10 });
  const enter = (key?: string, until = 0) => {
    const place = gate.admit("a", key === undefined ? undefined : { key, until });
    assert(typeof place === "object");
    const guest = new TestGuest();
    place.seat(guest);
    return guest;
  };
  const guests = [enter("link", 5000), enter("session", 9000), enter("other", 9000), enter()];
  const gone = () => guests.map(({ dropped }) => dropped);
  gate.tick(0, 4999);
  assert.deepEqual(gone(), [false, false, false, false]);
  gate.tick(1, 5000);
  assert.deepEqual(gone(), [true, false, false, false]);
  gate.endPass("session");
  assert.deepEqual(gone(), [true, true, false, false]);
  assert.equal(gate.seated, 2);
  assert.equal(gate.dropped, 0, "none of them was stuck");
});

Deno.test("a dropped connection that hangs on still counts for its address", () => {
  const gate = new ViewerGate({ maxViewers: 10, maxViewersPerAddress: 1 });
  const { place, guest } = admitted(gate, "a");
  for (let now = 0; now <= STUCK_DROP_MS + 1000; now += 1000) gate.tick(now);
  assert(guest.dropped);
  assert.equal(gate.seated, 0);
  assert.equal(gate.admit("a"), "address");
  place.free();
  assert(typeof gate.admit("a") === "object");
});

/** A body of endless pieces, through a gate. */
function endlessBody() {
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
  const { gate, reader, ended } = endlessBody();
  await reader.read();
  for (let now = 0; now <= STUCK_DROP_MS + 1000; now += 1000) gate.tick(now);
  assert.equal(gate.seated, 0);
  assert((await reader.read()).done);
  assert(ended());
});

Deno.test("what is read keeps its place, however slowly", async () => {
  const { gate, reader } = endlessBody();
  for (let now = 0; now <= 3 * STUCK_DROP_MS; now += 1000) {
    if (now % 60_000 === 0) assert.equal((await reader.read()).done, false);
    gate.tick(now);
  }
  assert.equal(gate.seated, 1);
});

Deno.test("a reader that leaves ends the body and its place, before the first piece too", async () => {
  for (const before of [0, 1]) {
    const { gate, reader, ended } = endlessBody();
    if (before > 0) await reader.read();
    await reader.cancel();
    assert.deepEqual([ended(), gate.seated], [true, 0]);
    for (let now = 0; now <= STUCK_DROP_MS + 1000; now += 1000) gate.tick(now);
  }
});
