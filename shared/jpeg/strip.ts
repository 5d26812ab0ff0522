// Takes out of a JPEG what does not belong on the open internet: where it was taken, with what and
// by whom. What is needed to show it right (JFIF, colour profile, Adobe transform, and from EXIF which
// way up it is: EXIF 2.3, tag 0x0112) stays, and the picture's own bytes are not touched.

import { endOfEntropy, isNeeded, isSegment, isStandalone, MARKER } from "./inspect.ts";

const ORIENTATION_TAG = 0x0112;
const EXIF = "Exif\0\0";

/** An APP1 segment, marker included, that says nothing but the orientation: 36 bytes. */
export function orientationSegment(orientation: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0xff, 0xe1, 0, 34],
    ...[...EXIF].map((char) => char.charCodeAt(0)),
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8], // "MM", 42, the first directory at 8
    ...[0, 1, ORIENTATION_TAG >> 8, ORIENTATION_TAG & 0xff, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0], // no further directory
  ]);
}

/** Whether a whole segment, marker included, is one that `orientationSegment` makes. */
export function isBareOrientation(segment: Uint8Array): boolean {
  if (segment.length !== 36) return false;
  const orientation = segment[29];
  if (orientation < 2 || orientation > 8) return false;
  return orientationSegment(orientation).every((byte, i) => byte === segment[i]);
}

/**
 * The orientation in the body of an APP1 segment.
 *
 * @returns 1 (as it is) to 8; 1 where the body is not EXIF, is broken or does not say.
 */
export function exifOrientation(body: Uint8Array): number {
  if (body.length < EXIF.length + 8) return 1;
  for (let i = 0; i < EXIF.length; i++) if (body[i] !== EXIF.charCodeAt(i)) return 1;
  const tiff = body.subarray(EXIF.length);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const little = view.getUint16(0) === 0x4949;
  if (!little && view.getUint16(0) !== 0x4d4d) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A run of bytes to leave out. */
interface Cut {
  readonly from: number;
  readonly to: number;
}

/**
 * `bytes` without EXIF, GPS, XMP, IPTC, comments and other application data, and without anything
 * behind EOI. An EXIF orientation other than "as it is" survives in a segment of its own.
 *
 * Broken bytes come back as they are from the break on: `inspectJpeg` is what refuses those.
 *
 * @returns `bytes` itself where there is nothing to take out.
 */
export function stripMetadata(bytes: Uint8Array): Uint8Array {
  const cuts: Cut[] = [];
  let orientation = 1;
  let kept = false;
  let end = bytes.length;
  let at = 2;
  while (at + 3 < bytes.length && bytes[at] === 0xff) {
    const code = bytes[at + 1];
    if (code === 0xff || isStandalone(code)) {
      at += code === 0xff ? 1 : 2;
      continue;
    }
    if (!isSegment(code)) break;
    const next = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (next < at + 4 || next > bytes.length) break;
    if (!kept && isBareOrientation(bytes.subarray(at, next))) kept = true;
    else if (!isNeeded(bytes, at, code)) {
      cuts.push({ from: at, to: next });
      if (code === MARKER.APP1 && orientation === 1) {
        orientation = exifOrientation(bytes.subarray(at + 4, next));
      }
    }
    at = next;
    if (code !== MARKER.SOS) continue;
    at = endOfEntropy(bytes, at);
    if (at < 0) break;
  }
  if (at >= 0 && bytes[at] === 0xff && bytes[at + 1] === MARKER.EOI) end = at + 2;
  if (cuts.length === 0 && end === bytes.length) return bytes;
  return assemble(bytes, cuts, end, kept ? 1 : orientation);
}

/** Everything up to `end` but the cuts, with the orientation where the first cut was. */
function assemble(
  bytes: Uint8Array,
  cuts: readonly Cut[],
  end: number,
  orientation: number,
): Uint8Array<ArrayBuffer> {
  const inserted = orientation === 1 ? new Uint8Array(0) : orientationSegment(orientation);
  const removed = cuts.reduce((sum, cut) => sum + cut.to - cut.from, 0);
  const out = new Uint8Array(end - removed + inserted.length);
  let from = 0;
  let to = 0;
  const copy = (part: Uint8Array) => {
    out.set(part, to);
    to += part.length;
  };
  for (const [index, cut] of cuts.entries()) {
    copy(bytes.subarray(from, cut.from));
    if (index === 0) copy(inserted);
    from = cut.to;
  }
  copy(bytes.subarray(from, end));
  return out;
}
