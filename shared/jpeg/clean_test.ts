import assert from "node:assert/strict";
import {
  baseline,
  concat,
  corpus,
  loadSharp,
  picture,
  pixels,
  withoutTables,
  withSegment,
} from "../testing/jpegs.ts";
import { STANDARD_DHT } from "./huffman.ts";
import { cleanJpeg, exifOrientation, orientationSegment } from "./markers.ts";
import { inspectJpeg } from "./inspect.ts";

/** `jpeg` as it is shown to people. */
function stripMetadata(jpeg: Uint8Array): Uint8Array {
  const inspection = inspectJpeg(jpeg);
  assert(inspection.ok, JSON.stringify(inspection));
  return cleanJpeg(jpeg, inspection, true);
}

async function sample(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const found = (await corpus()).find((one) => one.name === name);
  assert(found, name);
  return found.jpeg;
}

function includes(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder("latin1").decode(bytes).includes(text);
}

Deno.test("stripping changes no pixel and not the size of any kind of JPEG", async () => {
  for (const { name, jpeg, width, height } of await corpus()) {
    const bare = stripMetadata(jpeg);
    const seen = inspectJpeg(bare);
    assert(seen.ok);
    assert.deepEqual([seen.width, seen.height], [width, height], name);
    assert.deepEqual(await pixels(bare), await pixels(jpeg), name);
  }
});

Deno.test("a JPEG without metadata comes back as the same array", async () => {
  for (const name of ["baseline 4:2:0", "progressive", "greyscale"]) {
    const jpeg = await sample(name);
    assert.equal(stripMetadata(jpeg), jpeg, name);
  }
});

Deno.test("GPS and names go, the orientation stays", async () => {
  const jpeg = await sample("GPS and orientation");
  assert(includes(jpeg, "somebody"));
  const bare = stripMetadata(jpeg);
  assert(!includes(bare, "somebody"));
  const metadata = await (await loadSharp())(bare).metadata();
  assert.equal(metadata.orientation, 6);
  assert.equal(metadata.exif?.length, 32);
});

Deno.test("EXIF that says the picture is upright goes whole", async () => {
  const bare = stripMetadata(await sample("GPS upright"));
  assert(!includes(bare, "Exif"));
});

Deno.test("stripping twice is stripping once", async () => {
  for (const { name, jpeg } of await corpus()) {
    const once = stripMetadata(jpeg);
    assert.equal(stripMetadata(once), once, name);
  }
});

Deno.test("XMP, IPTC, comments, thumbnails and makers' data go", async () => {
  assert(!includes(stripMetadata(await sample("XMP")), "xmpmeta"));
  const jpeg = await baseline();
  const text = new TextEncoder().encode("51.5 N 0.1 W");
  for (const code of [0xdc, 0xe0, 0xe1, 0xe2, 0xe3, 0xed, 0xee, 0xef, 0xfe]) {
    assert.deepEqual(stripMetadata(withSegment(jpeg, code, text)), jpeg, code.toString(16));
  }
  const plain = stripMetadata(await sample("EXIF with thumbnail"));
  assert(!includes(plain, "Exif"));
});

Deno.test("what is needed to show colours right stays", async () => {
  const profile = await sample("colour profile");
  assert(includes(stripMetadata(profile), "ICC_PROFILE"));
  const jfif = concat(new TextEncoder().encode("JFIF\0"), Uint8Array.of(1, 1, 0, 0, 1, 0, 1, 0, 0));
  const withJfif = withSegment(await baseline(), 0xe0, jfif);
  assert.equal(stripMetadata(withJfif), withJfif);
  const cmyk = await sample("CMYK");
  assert(includes(stripMetadata(cmyk), "Adobe"));
});

Deno.test("data between the segments, between the scans and behind EOI goes", async () => {
  const jpeg = await sample("progressive");
  const second = jpeg.findLastIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xda);
  const comment = Uint8Array.of(0xff, 0xfe, 0, 4, 1, 2);
  const hidden = concat(jpeg.subarray(0, second), comment, jpeg.subarray(second), comment);
  assert.deepEqual(stripMetadata(hidden), jpeg);
  const loose = new TextEncoder().encode("51.5 N 0.1 W");
  const between = concat(jpeg.subarray(0, second), loose, jpeg.subarray(second));
  assert.deepEqual(stripMetadata(between), jpeg);
});

Deno.test("what stands behind EOI goes also where metadata stays, the rest is not touched", async () => {
  const jpeg = await sample("GPS and orientation");
  const tailed = concat(jpeg, await baseline(32, 32));
  const inspection = inspectJpeg(tailed);
  assert(inspection.ok);
  assert.deepEqual(cleanJpeg(tailed, inspection, false), jpeg);
});

Deno.test("Huffman tables that are left out are put in, all of them or those that are missing", async () => {
  const jpeg = await baseline();
  const bare = withoutTables(jpeg);
  const whole = stripMetadata(bare);
  assert.equal(whole.length, bare.length + STANDARD_DHT.length);
  assert.deepEqual(await pixels(whole), await pixels(jpeg));
  assert.equal(stripMetadata(whole), whole);
  // One table of its own, which counts: with the standard's in its place it would be another picture.
  const own = await sample("greyscale");
  const dht = own.findIndex((byte, i) => byte === 0xff && own[i + 1] === 0xc4);
  const half = concat(own.subarray(0, dht), own.subarray(dht + 2 + own[dht + 3]));
  const mended = stripMetadata(half);
  assert.deepEqual(mended.subarray(dht, dht + STANDARD_DHT.length), STANDARD_DHT);
  assert.equal(mended.length, half.length + STANDARD_DHT.length);
});

Deno.test("every orientation is read back from its bare segment, in both byte orders", async () => {
  for (let orientation = 2; orientation <= 8; orientation++) {
    assert.equal(exifOrientation(orientationSegment(orientation).subarray(4)), orientation);
    const image = (await picture(32, 32)).withMetadata({ orientation });
    const bare = stripMetadata(new Uint8Array(await image.jpeg().toBuffer()));
    assert.equal((await (await loadSharp())(bare).metadata()).orientation, orientation);
  }
});

Deno.test("broken EXIF is taken out like any other", async () => {
  const jpeg = await baseline();
  const bodies = [
    "Exif\0\0",
    "Exif\0\0MM\0*\0\0\0\xff\0\0",
    "Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01",
    "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0",
    "Exif\0\0ZZZZZZZZZZZZZZZZ",
    // No TIFF of version 42; an orientation that is no short number.
    "Exif\0\0MM\0+\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0",
    "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\x06\0\0",
  ];
  for (const body of bodies) {
    const bytes = Uint8Array.from(body, (char) => char.charCodeAt(0));
    assert.deepEqual(stripMetadata(withSegment(jpeg, 0xe1, bytes)), jpeg);
  }
});
