import assert from "node:assert/strict";
import { baseline, concat, corpus, twelveMegapixels, withSegment } from "../testing/jpegs.ts";
import { type Inspection, inspectJpeg } from "./inspect.ts";
import { stripMetadata } from "./strip.ts";

/** The offset at which `marker` stands first in a JPEG without metadata. */
function find(jpeg: Uint8Array, marker: number): number {
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === marker);
  assert(at > 0);
  return at;
}

/** `jpeg` with one byte changed. */
function changed(jpeg: Uint8Array, at: number, value: number): Uint8Array {
  const copy = jpeg.slice();
  copy[at] = value;
  return copy;
}

function refused(bytes: Uint8Array, problem: RegExp, offset: number): void {
  const result = inspectJpeg(bytes);
  assert(!result.ok);
  assert.match(result.problem, problem);
  assert.equal(result.offset, offset);
}

Deno.test("every kind of real JPEG is accepted with its size", async () => {
  for (const { name, jpeg, width, height } of [...await corpus(), await twelveMegapixels()]) {
    const { metadata: _, ...seen } = inspectJpeg(jpeg) as Inspection & { ok: true };
    assert.deepEqual(seen, { ok: true, width, height }, name);
  }
});

Deno.test("a JPEG that stripping would change is known to have metadata", async () => {
  let changed = 0;
  for (const { name, jpeg } of await corpus()) {
    if (stripMetadata(jpeg) === jpeg) continue;
    changed++;
    const inspection = inspectJpeg(jpeg);
    assert(inspection.ok && inspection.metadata, name);
  }
  assert(changed > 3);
});

Deno.test("what is no JPEG is told by its first bytes", () => {
  refused(new Uint8Array(0), /body is empty/, 0);
  refused(new TextEncoder().encode("\x89PNG\r\n"), /starts with FF D8 .*this starts with C2 89/, 0);
  refused(Uint8Array.of(0xff), /this starts with FF\./, 0);
});

Deno.test("a JPEG cut off anywhere is refused and says where", async () => {
  const jpeg = await baseline();
  for (let length = 2; length < jpeg.length; length += length < 700 ? 1 : 97) {
    const result = inspectJpeg(jpeg.subarray(0, length));
    assert(!result.ok);
    assert.match(result.problem, /cut off|ends inside/);
  }
  const middle = jpeg.length >> 1;
  refused(jpeg.subarray(0, middle), /cut off in the picture data: no EOI/, middle);
  const dqt = find(jpeg, 0xdb);
  refused(jpeg.subarray(0, dqt + 10), /ends inside DQT at byte 2: 59 bytes are missing/, dqt);
});

Deno.test("two JPEGs glued together are refused at the second one's first byte", async () => {
  const jpeg = await baseline();
  refused(concat(jpeg, jpeg), /second JPEG starts at byte \d+, after EOI/, jpeg.length);
});

Deno.test("bytes behind EOI are refused", async () => {
  const jpeg = await baseline();
  refused(concat(jpeg, new Uint8Array(3)), /^3 bytes follow EOI/, jpeg.length);
});

Deno.test("a picture that a second one interrupts is refused", async () => {
  const jpeg = await baseline();
  const cut = jpeg.subarray(0, 5000);
  refused(concat(cut, jpeg), /second SOI at byte 5000: .* cut off/, 5000);
});

Deno.test("markers out of order and impossible lengths are named", async () => {
  const jpeg = await baseline();
  const sof = find(jpeg, 0xc0);
  const sos = find(jpeg, 0xda);
  refused(changed(jpeg, sof + 1, 0xfe), /SOS comes before any frame header/, sos + 14);
  refused(changed(jpeg, sos + 1, 0xfe), /Expected a marker after COM/, sos + 14);
  refused(changed(jpeg, sof + 3, 0), /SOF0 at byte 140 has the impossible length 0/, sof);
  refused(changed(jpeg, sof + 3, 12), /SOF0 at byte 140 has the wrong length 12/, sof);
  refused(changed(jpeg, sof, 0), /Expected a marker after DQT at byte 140, found 00 C0/, sof);
  refused(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), /EOI at byte 2 comes before any frame header/, 2);
  const header = jpeg.subarray(sof, sof + 19);
  const body = header.subarray(4);
  refused(withSegment(jpeg, 0xc0, body), /second frame header \(SOF0\)/, sof + 19);
  const noScan = concat(jpeg.subarray(0, 2), header, jpeg.subarray(-2));
  refused(noScan, /EOI at byte 21 comes before any scan/, 21);
});

Deno.test("kinds that no browser shows are refused", async () => {
  const jpeg = await baseline();
  const sof = find(jpeg, 0xc0);
  refused(changed(jpeg, sof + 1, 0xc9), /SOF9 .* baseline and progressive JPEG only/, sof);
  refused(changed(jpeg, sof + 4, 12), /12 bits a sample, wanted 8/, sof);
  const noHeight = changed(changed(jpeg, sof + 5, 0), sof + 6, 0);
  refused(noHeight, /gives the size 320x0/, sof);
  const two = concat(
    jpeg.subarray(0, sof),
    Uint8Array.of(0xff, 0xc0, 0, 14, 8, 0, 8, 0, 8, 2, 1, 17, 0, 2, 17, 0),
  );
  refused(two, /2 components, wanted 1, 3 or 4/, sof);
});

Deno.test("a picture of a million empty comments is refused at once, one of some hundreds is not", async () => {
  const whole = await baseline(64, 48);
  for (const empty of [[0xff, 0xfe, 0, 2], [0xff, 0xfe, 0, 2, 0xff, 1], [0xff, 1]]) {
    const withMany = (count: number) =>
      concat(
        whole.subarray(0, 2),
        new Uint8Array(Array(count).fill(empty).flat()),
        whole.subarray(2),
      );
    const inspection = inspectJpeg(withMany(500_000));
    assert.ok(!inspection.ok);
    assert.match(inspection.problem, /^More than 1000 markers/);
    assert.ok(inspectJpeg(withMany(400)).ok);
  }
});
