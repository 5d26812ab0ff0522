import assert from "node:assert/strict";
import {
  baseline,
  concat,
  corpus,
  twelveMegapixels,
  withoutTables,
  withSegment,
} from "../testing/jpegs.ts";
import { type Inspection, inspectJpeg } from "./inspect.ts";

const jpeg = await baseline();

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

/** Refuses the picture with one byte changed. */
function bad(at: number, value: number, problem: RegExp, offset = at): void {
  refused(changed(jpeg, at, value), problem, offset);
}

Deno.test("every kind of real JPEG is accepted with its size", async () => {
  for (const { name, jpeg, width, height } of [...await corpus(), await twelveMegapixels()]) {
    const { extras: _, ...seen } = inspectJpeg(jpeg) as Inspection & { ok: true };
    const whole = { ok: true, width, height, end: jpeg.length, tablesAt: undefined };
    assert.deepEqual(seen, whole, name);
  }
});

Deno.test("what is no JPEG is told by its first bytes", () => {
  refused(new Uint8Array(0), /is empty/, 0);
  refused(new TextEncoder().encode("\x89PNG\r\n"), /starts with FF D8 .*this starts with C2 89/, 0);
  // Shown by libjpeg, but no browser takes it for a picture.
  refused(Uint8Array.of(0xff, 0xd8, 0, 0xff, 0xdb), /FF D8 FF, this starts with FF D8 00/, 0);
  refused(Uint8Array.of(0xff), /this starts with FF\./, 0);
});

Deno.test("a JPEG cut off anywhere is refused and says where", () => {
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

Deno.test("a picture ends at its EOI, whatever stands behind it", () => {
  for (const tail of [jpeg, new Uint8Array(3), Uint8Array.of(0xff), jpeg.subarray(0, 700)]) {
    const inspection = inspectJpeg(concat(jpeg, tail));
    assert(inspection.ok);
    assert.equal(inspection.end, jpeg.length);
  }
});

Deno.test("a picture that a second one interrupts is refused", () => {
  const cut = jpeg.subarray(0, 5000);
  refused(concat(cut, jpeg), /second SOI at byte 5000: .* cut off/, 5000);
});

Deno.test("markers out of order and impossible lengths are named", () => {
  const sof = find(jpeg, 0xc0);
  const sos = find(jpeg, 0xda);
  bad(sof + 1, 0xfe, /SOS at byte 591 comes before any frame header/, sos);
  bad(sos + 1, 0xfe, /EOI at byte \d+ comes before any scan/, jpeg.length - 2);
  bad(sof + 3, 0, /SOF0 at byte 140 has the impossible length 0/, sof);
  bad(sof + 3, 12, /SOF0 at byte 140 has the wrong length 12/, sof);
  bad(sof, 0, /SOS at byte 591 comes before any frame header/, sos);
  bad(sof + 1, 0xf0, /Expected a marker after DQT at byte 140, found FF F0/, sof);
  refused(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), /EOI at byte 2 comes before any frame header/, 2);
  const header = jpeg.subarray(sof, sof + 19);
  const body = header.subarray(4);
  refused(withSegment(jpeg, 0xc0, body), /SOF0 at byte 159 is a second frame header/, sof + 19);
  const noScan = concat(jpeg.subarray(0, 2), header, jpeg.subarray(-2));
  refused(noScan, /EOI at byte 21 comes before any scan/, 21);
});

Deno.test("kinds that no browser shows are refused", () => {
  const sof = find(jpeg, 0xc0);
  bad(sof + 1, 0xc3, /SOF3 .* baseline and progressive JPEG only/, sof);
  bad(sof + 4, 12, /12 bits a sample, wanted 8/, sof);
  const noHeight = changed(changed(jpeg, sof + 5, 0), sof + 6, 0);
  refused(noHeight, /320x0 pixels, wanted 1 to 65500 a side/, sof + 5);
  const header = Uint8Array.of(0xff, 0xc0, 0, 14, 8, 0, 8, 0, 8, 2, 1, 17, 0, 2, 17, 0);
  refused(concat(jpeg.subarray(0, sof), header), /2 components, wanted 1, 3 or 4/, sof);
});

Deno.test("what no decoder can show is refused with the byte and what is wanted", () => {
  const [dqt, sof, dht, sos] = [0xdb, 0xc0, 0xc4, 0xda].map((marker) => find(jpeg, marker));
  const without = concat(jpeg.subarray(0, dqt), jpeg.subarray(sof));
  const there = sos - sof + dqt + 5;
  refused(without, /SOS at byte 453: there is no quantisation table 0 \(DQT\)/, there);
  bad(dqt + 4, 4, /DQT at byte 2 has a table 4, wanted 0 to 3/);
  bad(dqt + 3, 66, /DQT at byte 2 has the wrong length 66/, dqt);
  const codes = changed(jpeg, dht + 5, 3);
  refused(codes, /DHT at byte 159 has a table that no code can have/, dht + 4);
  bad(dht + 21, 16, /DHT at byte 159 has a table that no code/, dht + 4);
  bad(dht + 4, 0x24, /DHT at byte 159 has a table 36, wanted 0 to 3/);
  bad(sos + 5, 9, /SOS at byte 591: component 9, wanted the frame header's/);
  bad(sos + 7, 1, /component 1, wanted the frame header's in their order/);
  bad(sos + 4, 0, /SOS at byte 591: 0 components in 12 bytes, wanted 1 to 4/);
  bad(sos + 6, 0x30, /no Huffman table DC 3/, sos + 5);
  bad(sof + 11, 0x02, /component 1 is sampled 0x2, wanted 1 to 4/);
  bad(sof + 11, 0x55, /component 1 is sampled 5x5, wanted 1 to 4/);
  const third = changed(changed(jpeg, sof + 11, 0x32), sof + 14, 0x22);
  refused(third, /component 2 is sampled 2x2/, sof + 14);
  bad(sof + 11, 0x44, /SOS at byte 591: 18 blocks at a time, wanted at most 10/, sos);
  const wide = changed(changed(jpeg, sof + 7, 0xff), sof + 8, 0xff);
  refused(wide, /SOF0 at byte 140: 65535x240 pixels, wanted 1 to 65500 a side/, sof + 5);
  refused(withSegment(jpeg, 0xdd, new Uint8Array(3)), /DRI at byte 2 has the wrong length 5/, 2);
  const again = concat(jpeg.subarray(0, -2), jpeg.subarray(sos));
  refused(again, /is one more scan of a picture that is complete/, jpeg.length - 2);
});

Deno.test("a progressive picture needs its tables, and scans in an order that can be", async () => {
  const { jpeg } = (await corpus()).find(({ name }) => name === "progressive")!;
  const sos = find(jpeg, 0xda);
  const bare = withoutTables(jpeg);
  refused(bare, /there is no Huffman table DC 0 \(DHT\)/, find(bare, 0xda) + 5);
  refused(changed(jpeg, sos + 12, 1), /0 to 1 \(0, \d\) cannot be/, sos + 11);
  refused(changed(jpeg, sos + 13, 0x31), /0 to 0 \(3, 1\) cannot be/, sos + 11);
  const scan = jpeg.subarray(sos, jpeg.indexOf(0xff, sos + 14));
  const many = concat(jpeg.subarray(0, sos), ...Array(101).fill(scan), jpeg.subarray(sos));
  refused(many, /one more scan than 100/, sos + 100 * scan.length);
});

Deno.test("arithmetic coding is taken without Huffman tables, with conditions that can be", () => {
  const coded = changed(withoutTables(jpeg), find(jpeg, 0xc0) + 1, 0xc9);
  const inspection = inspectJpeg(coded);
  assert(inspection.ok);
  assert.equal(inspection.tablesAt, undefined);
  assert(inspectJpeg(withSegment(coded, 0xcc, Uint8Array.of(0, 0x42, 16, 5))).ok);
  const dac = (...bytes: number[]) => withSegment(coded, 0xcc, Uint8Array.from(bytes));
  refused(dac(32, 0), /DAC at byte 2 has a table 32, wanted 0 to 31/, 6);
  refused(dac(0, 0x24), /DAC at byte 2 has a bound above the upper one/, 7);
  refused(dac(0), /DAC at byte 2 has the wrong length 3/, 2);
});

Deno.test("what decoders step over is taken: loose bytes, empty lengths, damage between restarts", () => {
  const sos = find(jpeg, 0xda);
  for (const at of [find(jpeg, 0xc0), find(jpeg, 0xc4), sos, jpeg.length - 2]) {
    for (const loose of [[0], [1, 2, 3], [0xff, 0], Array(500).fill(0)]) {
      const bytes = concat(jpeg.subarray(0, at), Uint8Array.from(loose), jpeg.subarray(at));
      const inspection = inspectJpeg(bytes);
      assert(inspection.ok, `${loose} at ${at}`);
      assert.equal(inspection.end, bytes.length);
    }
  }
  const empty = Uint8Array.of(0xff, 0xe1, 0, 0);
  assert(inspectJpeg(concat(jpeg.subarray(0, 2), empty, jpeg.subarray(2))).ok);
  const damaged = (restarts: boolean) =>
    concat(
      jpeg.subarray(0, sos),
      ...(restarts ? [Uint8Array.of(0xff, 0xdd, 0, 4, 0, 20)] : []),
      jpeg.subarray(sos, sos + 100),
      Uint8Array.of(0xff, 0x5d, 7, 0xff, 0xd0),
      jpeg.subarray(sos + 100),
    );
  assert(inspectJpeg(damaged(true)).ok);
  const said = /Expected a marker after the picture data at byte 691, found FF 5D/;
  refused(damaged(false), said, sos + 100);
});

Deno.test("a picture of a million empty comments is refused at once, one of some hundreds is not", async () => {
  const whole = await baseline(64, 48);
  for (const empty of [[0xff, 0xfe, 0, 2], [0xff, 0xfe, 0, 2, 0xff, 1], [0xff, 1]]) {
    const withMany = (count: number) => {
      const many = Uint8Array.from(Array(count).fill(empty).flat());
      return concat(whole.subarray(0, 2), many, whole.subarray(2));
    };
    const inspection = inspectJpeg(withMany(500_000));
    assert.ok(!inspection.ok);
    assert.match(inspection.problem, /^More than 1000 markers/);
    assert.ok(inspectJpeg(withMany(400)).ok);
  }
});
