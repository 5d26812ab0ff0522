import assert from "node:assert/strict";
import { fc } from "../testing/properties.ts";
import {
  baseline,
  concat,
  corpus,
  ffmpegStream,
  pixels,
  segment,
  withoutTables,
  withSegment,
} from "../testing/jpegs.ts";
import { toolTest } from "../testing/tools.ts";
import { STANDARD_DHT } from "./huffman.ts";
import { JpegSplitter, type SplitterCounts } from "./splitter.ts";

const jpeg = await baseline();

/** Everything that comes out when `bytes` go in, in pieces of `size`. */
function split(
  bytes: Uint8Array,
  size = 65_536,
  splitter = new JpegSplitter(),
): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(...splitter.push(bytes.subarray(at, at + size)));
  }
  return frames;
}

const NONE = { truncated: 0, malformed: 0, oversized: 0 };

/** What comes out when `bytes` go in must be `frames`, and what does not must be counted. */
function splits(
  bytes: Uint8Array,
  frames: readonly Uint8Array[],
  counts: Partial<SplitterCounts> = {},
  { size = 1000, most = undefined as number | undefined, what = "" } = {},
): void {
  const splitter = new JpegSplitter(most);
  assert.deepEqual(split(bytes, size, splitter), frames, what);
  assert.deepEqual(splitter.counts, { ...NONE, ...counts }, what);
}

/** The smallest bytes that walk like a JPEG; the tests that need no decoder use it. */
function tiny(...body: number[]): Uint8Array<ArrayBuffer> {
  return concat(
    Uint8Array.of(0xff, 0xd8),
    STANDARD_DHT,
    segment(0xdb, new Uint8Array(65)),
    segment(0xc0, Uint8Array.of(8, 0, 8, 0, 8, 1, 1, 0x11, 0)),
    segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)),
    Uint8Array.from(body),
    Uint8Array.of(0xff, 0xd9),
  );
}

Deno.test("a frame comes out with the chunk that holds its EOI, not with the next SOI", () => {
  const splitter = new JpegSplitter();
  const jpeg = tiny(1, 2, 3);
  assert.deepEqual(splitter.push(jpeg.subarray(0, jpeg.length - 1)), []);
  assert.deepEqual(splitter.push(jpeg.subarray(jpeg.length - 1)), [jpeg]);
});

Deno.test("real frames of every kind come out byte for byte, whatever the chunks are", async () => {
  const samples = await corpus();
  const stream = concat(...samples.map((sample) => sample.jpeg));
  for (const size of [1, 2, 3, 4096, 65_536, stream.length]) {
    splits(stream, samples.map(({ jpeg }) => jpeg), {}, { size, what: `by ${size}` });
  }
});

Deno.test("padding and noise between frames fall out and count as no frame", () => {
  const noise = concat(
    new Uint8Array(1000),
    Uint8Array.of(0xff, 0xd9, 0xff, 0xd8, 0x00, 0xff, 0xff),
    new TextEncoder().encode("--boundary\r\nContent-Type: image/jpeg\r\n\r\n"),
  );
  splits(concat(noise, jpeg, noise, jpeg), [jpeg, jpeg], {}, { size: 100 });
});

Deno.test("each frame has a buffer of its own", () => {
  const splitter = new JpegSplitter();
  const chunk = concat(tiny(1), tiny(2));
  const [first, second] = splitter.push(chunk);
  chunk.fill(0);
  splitter.push(tiny(3));
  assert.deepEqual([first, second], [tiny(1), tiny(2)]);
  assert.equal(first.buffer.byteLength, first.length);
});

Deno.test("a frame cut off in its picture data gives way to the next one", async () => {
  for (const { name, jpeg } of await corpus()) {
    const cut = jpeg.subarray(0, jpeg.length - 500);
    splits(concat(cut, jpeg), [jpeg], { truncated: 1 }, { what: name });
  }
});

Deno.test("a frame cut off inside EXIF never lets its thumbnail out as a picture", async () => {
  const sample = (await corpus()).find(({ name }) => name === "EXIF with thumbnail");
  assert(sample);
  for (const kept of [20, 60, 200, 2000]) {
    const stream = concat(sample.jpeg.subarray(0, kept), ...Array(9).fill(sample.jpeg));
    const frames = split(stream);
    assert(frames.length >= 7, `${frames.length} frames after a cut at ${kept}`);
    for (const frame of frames) assert.deepEqual(frame, sample.jpeg);
  }
});

Deno.test("a frame cut off inside its tables costs no other frame", () => {
  const splitter = new JpegSplitter();
  assert.deepEqual(split(concat(jpeg.subarray(0, 100), jpeg, jpeg), 777, splitter), [jpeg, jpeg]);
  assert.equal(splitter.counts.malformed + splitter.counts.truncated, 1);
});

Deno.test("what follows a picture in its part of a stream is its tail, preview and second field too", () => {
  const head = "--b\r\nContent-Type: image/jpeg\r\n\r\n";
  const preview = tiny(9);
  for (const blank of [head, head.replaceAll("\r", "")]) {
    const boundary = new TextEncoder().encode(blank);
    const part = (n: number) => concat(boundary, tiny(n), preview, new Uint8Array(9), preview);
    const stream = concat(part(1), part(2), boundary, tiny(3).subarray(0, -1), part(4));
    for (const size of [1, 5, 65_536]) {
      assert.deepEqual(split(stream, size), [tiny(1), tiny(2), tiny(4)], `${blank} by ${size}`);
    }
  }
});

Deno.test("pictures without anything between them are all given out, also behind one header", () => {
  const frames = Array.from({ length: 20 }, (_, i) => tiny(i));
  assert.deepEqual(split(concat(...frames)), frames);
  const headed = split(concat(new TextEncoder().encode("\r\n\r\n"), ...frames));
  assert.deepEqual(headed, [frames[0], ...frames.slice(5)]);
});

Deno.test("loose bytes between segments cost no picture, and stay in it", async () => {
  const jpeg = await baseline(64, 48);
  const thumbnail = await baseline(32, 24);
  for (const good of [jpeg, withSegment(jpeg, 0xe1, concat(thumbnail, thumbnail))]) {
    for (const [marker, loose] of [[0xc0, [0, 0, 0]], [0xda, [1, 2]], [0xdb, [0xff, 0]]] as const) {
      const at = good.findLastIndex((byte, i) => byte === 0xff && good[i + 1] === marker);
      const odd = concat(good.subarray(0, at), Uint8Array.from(loose), good.subarray(at));
      for (const size of [1, 1000, 65_536]) {
        assert.deepEqual(split(concat(odd, good, odd), size), [odd, good, odd]);
      }
    }
  }
});

Deno.test("what no browser shows is no frame", () => {
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  const withoutQuantisation = concat(jpeg.subarray(0, 2), jpeg.subarray(at));
  splits(concat(withoutQuantisation, jpeg), [jpeg], { malformed: 1 });
});

Deno.test("missing Huffman tables are put in, and the picture decodes to the same pixels", async () => {
  const bare = withoutTables(jpeg);
  assert.equal(bare.length, jpeg.length - 432);
  const [mended] = split(bare);
  assert.equal(mended.length, bare.length + 420);
  assert.deepEqual(await pixels(mended), await pixels(jpeg));
});

Deno.test("a frame past the cap is dropped and the next one comes out", () => {
  const bytes = concat(tiny(...Array(3000).fill(7)), tiny(1));
  for (const size of [64, 65_536]) splits(bytes, [tiny(1)], { oversized: 1 }, { size, most: 1000 });
});

Deno.test("what has no frame header or no scan is no frame", () => {
  splits(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), [], { malformed: 1 });
});

Deno.test("a chunk of many frames is no matter of size", () => {
  const jpeg = tiny(...Array(5000).fill(9));
  const frames = split(concat(...Array(300).fill(jpeg)), Infinity);
  assert.equal(frames.length, 300);
});

toolTest(["ffmpeg"], "a pipe of ffmpeg with slices comes apart into its pictures", async () => {
  const stream = await ffmpegStream(20, ["-slices", "4"]);
  const frames = split(stream, 4096);
  assert.equal(frames.length, 20);
  assert.deepEqual(concat(...frames), stream);
});

Deno.test("any chunking gives the same frames and counts", async () => {
  const samples = await corpus();
  const noise = fc.uint8Array({ maxLength: 300 });
  const piece = fc.record({
    sample: fc.nat(samples.length - 1),
    keep: fc.nat(1000),
    noise,
  });
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 }),
      (pieces, sizes) => {
        const stream = concat(...pieces.flatMap(({ sample, keep, noise }) => {
          const jpeg = samples[sample].jpeg;
          return [keep > 500 ? jpeg : jpeg.subarray(0, Math.ceil(keep / 500 * jpeg.length)), noise];
        }));
        const whole = new JpegSplitter();
        const expected = split(stream, Infinity, whole);
        const splitter = new JpegSplitter();
        const frames: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length];
          frames.push(...splitter.push(stream.subarray(at, at + size)));
          at += size;
        }
        assert.equal(frames.length, expected.length);
        frames.forEach((frame, i) => assert(equal(frame, expected[i])));
        assert.deepEqual(splitter.counts, whole.counts);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("a segment behind SOI that looks like pictures is jumped over", () => {
  const jpeg = withSegment(tiny(1), 0xe5, concat(tiny(2), tiny(3)));
  assert.deepEqual(split(jpeg), [jpeg]);
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
