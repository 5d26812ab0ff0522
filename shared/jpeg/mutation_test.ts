// Pictures by the ten thousand that were damaged on the way. Nothing may throw, hang or grow, and
// the three readers must agree with each other.

import assert from "node:assert/strict";
import { fc } from "../testing/properties.ts";
import { concat, makeCorpus, twelveMegapixels } from "../testing/jpegs.ts";
import { edits, mutate } from "../testing/mutations.ts";
import { cleanJpeg } from "./markers.ts";
import { inspectJpeg } from "./inspect.ts";
import { JpegSplitter } from "./splitter.ts";

const RUNS = 20_000;

/** Small pictures of every kind: structure is what is tested here, not volume. */
const samples = (await makeCorpus({ width: 40, height: 32 })).map(({ jpeg }) => jpeg);
const clean = samples[0];
const index = fc.nat(samples.length - 1);

Deno.test("a splitter fed damaged frames gives out only whole ones and finds its way back", () => {
  const splitter = new JpegSplitter(3000);
  // The longest a broken length can make it jump.
  const padding = new Uint8Array(65_536);
  fc.assert(
    fc.property(index, edits, fc.integer({ min: 1, max: 5000 }), (i, changes, size) => {
      const bytes = mutate(samples[i], changes);
      for (let at = 0; at < bytes.length; at += size) {
        for (const frame of splitter.push(bytes.subarray(at, at + size))) checkFrame(frame, 3000);
      }
    }),
    { numRuns: RUNS },
  );
  splitter.push(padding);
  assert.deepEqual(splitter.push(concat(clean, clean)).at(-1), clean);
});

Deno.test("after any damage one clean frame comes out within 64 KB", () => {
  const padding = new Uint8Array(65_536 + 2);
  fc.assert(
    fc.property(index, edits, (i, changes) => {
      const splitter = new JpegSplitter();
      splitter.push(mutate(samples[i], changes));
      splitter.push(padding);
      const frames = splitter.push(clean);
      assert.deepEqual(frames.at(-1), clean);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("what inspection accepts is what the splitter gives out", () => {
  let accepted = 0;
  let others = 0;
  fc.assert(
    fc.property(index, edits, (i, changes) => {
      const bytes = mutate(samples[i], changes);
      const inspection = inspectJpeg(bytes);
      if (!inspection.ok) return checkProblem(inspection, bytes.length);
      accepted++;
      const [frame] = new JpegSplitter().push(bytes);
      const clean = cleanJpeg(bytes, inspection, false);
      if (frame?.length !== clean.length || !frame.every((byte, i) => byte === clean[i])) others++;
    }),
    { numRuns: RUNS },
  );
  // Where a damaged segment holds the start of a picture, a splitter goes by that one.
  assert(others < accepted / 1000, `${others} of ${accepted}`);
  assert(accepted > RUNS / 20, `only ${accepted} were accepted: the test looked at nothing`);
});

Deno.test("stripping damaged pictures never breaks a whole one nor lets metadata through", () => {
  fc.assert(
    fc.property(index, edits, (i, changes) => {
      const bytes = mutate(samples[i], changes);
      const before = inspectJpeg(bytes);
      if (!before.ok) return;
      const bare = cleanJpeg(bytes, before, true);
      assert(bare.length <= bytes.length + 420);
      const after = inspectJpeg(bare);
      assert(after.ok);
      assert.deepEqual([after.width, after.height], [before.width, before.height]);
      assert.equal(after.end, bare.length);
      assert.equal(cleanJpeg(bare, after, true), bare);
      for (const segment of segments(bare)) assert(belongs(segment), text.decode(segment));
    }),
    { numRuns: RUNS },
  );
});

Deno.test("noise alone costs a splitter no memory", () => {
  const splitter = new JpegSplitter(100_000);
  const noise = crypto.getRandomValues(new Uint8Array(65_536));
  // Starts of frames that never end, at every phase.
  for (let at = 0; at + 20 < noise.length; at += 997) noise.set(clean.subarray(0, 20), at);
  const before = Deno.memoryUsage().external;
  for (let i = 0; i < 500; i++) splitter.push(noise);
  const grown = Deno.memoryUsage().external - before;
  assert(grown < 4_000_000, `${grown} bytes more`);
});

Deno.test("a stream made to be searched again and again is walked in one go", () => {
  // Each SOI is followed by a table that jumps over the next ones into something that is no marker.
  const bytes = new Uint8Array(2_000_000);
  for (let at = 0; at + 8 < bytes.length; at += 8) {
    bytes.set([0xff, 0xd8, 0xff, 0xdb, 0xff, 0xf0, 0x00, 0x00], at);
  }
  const splitter = new JpegSplitter();
  splitter.push(bytes);
  splitter.push(new Uint8Array(65_536));
  assert.deepEqual(splitter.push(clean), [clean]);
  assert(splitter.counts.malformed > 200_000);
});

Deno.test("12 megapixels, damaged", async () => {
  const { jpeg } = await twelveMegapixels();
  fc.assert(
    fc.property(edits, (changes) => {
      const bytes = mutate(jpeg, changes);
      const inspection = inspectJpeg(bytes);
      if (inspection.ok) cleanJpeg(bytes, inspection, true);
      else checkProblem(inspection, bytes.length);
      for (const frame of new JpegSplitter().push(bytes)) checkFrame(frame, 8 * 1024 * 1024);
    }),
    { numRuns: 20 },
  );
});

function checkFrame(frame: Uint8Array, maxBytes: number): void {
  assert(frame[0] === 0xff && frame[1] === 0xd8);
  assert(frame.at(-2) === 0xff && frame.at(-1) === 0xd9);
  assert(frame.length <= maxBytes + 420);
}

function checkProblem(inspection: { problem: string; offset: number }, length: number): void {
  assert.match(inspection.problem, /^[A-Z0-9][^\n]{10,150}\.$/);
  assert(inspection.offset >= 0 && inspection.offset <= length);
}

const text = new TextDecoder("latin1");

/** The segments before the first scan, markers included. */
function* segments(jpeg: Uint8Array): Generator<Uint8Array> {
  let at = 2;
  while (jpeg[at + 1] !== 0xda) {
    const standalone = jpeg[at + 1] === 1 || (jpeg[at + 1] & 0xf8) === 0xd0;
    const fill = jpeg[at + 1] === 0xff;
    const length = fill ? 1 : standalone ? 2 : 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3]);
    if (!fill && !standalone) yield jpeg.subarray(at, at + length);
    at += length;
  }
}

/** Whether a segment is a table, a header, or data that may stay. */
function belongs(segment: Uint8Array): boolean {
  const code = segment[1];
  const body = text.decode(segment.subarray(4));
  if (code === 0xe0) return body.startsWith("JFIF\0");
  if (code === 0xe1) return body.startsWith("Exif\0\0MM") && segment.length === 36;
  if (code === 0xe2) return body.startsWith("ICC_PROFILE\0");
  if (code === 0xee) return body.startsWith("Adobe");
  return [0xc0, 0xc1, 0xc2, 0xc4, 0xc9, 0xca, 0xcc, 0xdb, 0xdd].includes(code);
}
