// The page's two roads against a real edge.

import assert from "node:assert/strict";
import fc from "fast-check";
import { baseline, concat } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";
import { bePatient } from "../../shared/testing/wait.ts";
import { encodeMessage, KIND } from "../../shared/wire_frame.ts";
import { Lateness, type ReceivedFrame, records, requests, type Road, stream } from "./roads.ts";

bePatient();

const small = await baseline(160, 120);
const large = [await baseline(320, 240), await baseline(320, 240)];

Deno.test("records come out whole, however the network cuts them", async () => {
  const sent = [{ a: 1 }, {}, { text: "x".repeat(300) }].map((one) => encodeMessage(one, 7));
  const all = concat(...sent);
  const cuts = fc.array(fc.nat(all.length), { maxLength: 20 });
  await fc.assert(fc.asyncProperty(cuts, async (at) => {
    const edges = [0, ...at.toSorted((a, b) => a - b), all.length];
    const pieces = edges.slice(1).map((end, i) => all.slice(edges[i], end));
    const got: string[] = [];
    for await (const { header, content } of records(ReadableStream.from(pieces))) {
      assert.deepEqual([header.kind, header.receivedAt], [KIND.message, 7]);
      got.push(new TextDecoder().decode(content));
    }
    assert.deepEqual(got.map((json) => JSON.parse(json)), [{ a: 1 }, {}, {
      text: "x".repeat(300),
    }]);
  }));
});

Deno.test("an answer that breaks off inside a record, or holds none, is an error", async () => {
  const record = encodeMessage({ a: 1 }, 7);
  for (const bytes of [record.slice(0, 36), record.slice(0, 10), new Uint8Array(50)]) {
    await assert.rejects(Array.fromAsync(records(ReadableStream.from([bytes]))));
  }
});

Deno.test("two late pictures in a row are too late, an old first one or a single one is not", () => {
  const late = (...agoMs: number[]) => {
    const lateness = new Lateness();
    return agoMs.map((ms) => lateness.note(ms)).includes(true);
  };
  assert.equal(late(60_000, 50, 60, 55), false, "the first was kept from before");
  assert.equal(late(50, 50, 1200, 60, 1200, 60), false);
  assert.equal(late(50, 50, 1200, 1200), true);
  assert.equal(late(3_600_050, 3_600_050, 3_600_060), false, "clocks an hour apart");
});

/** Runs a road against an edge until `enough` of its pictures are here. */
async function pictures(
  road: Road,
  cams: readonly string[],
  enough: number,
  onFrame: (edge: TestEdge, frame: ReceivedFrame, count: number) => unknown,
) {
  await using edge = await TestEdge.start();
  for (const cam of cams) await edge.put(small, {}, `/cams/${cam}/live.jpeg`);
  await using server = edge.listen();
  const stop = new AbortController();
  const seen: ReceivedFrame[] = [];
  const states = new Set<string>();
  const running = road(server.url, { cams }, {
    onStatus: (status) => states.add(status.cam),
    async onFrame(frame) {
      seen.push(frame);
      if (seen.length === enough) stop.abort();
      else await onFrame(edge, frame, seen.length);
    },
  }, stop.signal);
  await assert.rejects(running, { name: "AbortError" });
  assert.deepEqual([...states].sort(), [...cams].sort());
  return seen;
}

for (const [name, road] of Object.entries({ stream, requests })) {
  Deno.test(`${name}: pictures of several cameras come as they are sent, and states`, async () => {
    const seen = await pictures(road, ["a", "b"], 6, async (edge, _, count) => {
      if (count >= 2) {
        await edge.put(large[(count >> 1) % 2], {}, `/cams/${count % 2 ? "a" : "b"}/live.jpeg`);
      }
    });
    assert.deepEqual(seen.slice(0, 2).map(({ cam }) => cam).sort(), ["a", "b"]);
    for (const [i, { jpeg }] of seen.entries()) {
      if (i >= 2) assert.deepEqual(jpeg, large[(i >> 1) % 2]);
    }
    const versions = seen.filter(({ cam }) => cam === "a").map(({ version }) => version);
    assert.deepEqual(versions, versions.toSorted((a, b) => a - b));
    assert.equal(new Set(versions).size, versions.length);
  });
}
