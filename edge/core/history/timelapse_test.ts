import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { seated } from "../limits/viewer_gate.ts";
import { timelapse } from "./timelapse.ts";

function setUp(read: (version: number) => Promise<Uint8Array | undefined>) {
  const clock = new FakeClock();
  const state = { ended: 0 };
  const place = { seat: () => {}, free: () => void state.ended++ };
  const parts = { opening: new Uint8Array(0), tail: new Uint8Array(0) };
  const options = {
    frames: [1, 2, 3, 4],
    parts,
    read: (at: number) => read(at + 1),
    fps: 10,
    clock,
  };
  return { clock, state, stream: seated(place, (gone) => timelapse(options, gone)) };
}

/** Everything a stream gives, while time goes on. */
async function text(stream: ReadableStream<Uint8Array>, clock: FakeClock): Promise<string> {
  let done = false;
  const all = new Response(stream).text().finally(() => done = true);
  while (!done) await clock.tick(100);
  return await all;
}

Deno.test("a timelapse shows what is kept and passes over what is gone", async () => {
  const { clock, state, stream } = setUp((version) =>
    Promise.resolve(version === 2 ? undefined : new TextEncoder().encode(`<${version}>`))
  );
  const all = await text(stream, clock);
  assert.deepEqual(all.match(/<\d>/g), ["<1>", "<3>", "<4>"]);
  assert.equal(state.ended, 1);
});

Deno.test("a store that fails ends a timelapse, and no error is left that nobody waits for", async () => {
  const { clock, state, stream } = setUp((version) =>
    version < 3
      ? Promise.resolve(new TextEncoder().encode(`<${version}>`))
      : Promise.reject(new Error("The store is closed"))
  );
  const all = await text(stream, clock);
  assert.deepEqual(all.match(/<\d>/g), ["<1>", "<2>"]);
  assert.equal(state.ended, 1);
});

Deno.test("a viewer that leaves while the store fails leaves no error behind", async () => {
  const { state, stream } = setUp(() => Promise.reject(new Error("The store is closed")));
  await stream.cancel();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(state.ended, 1);
});
