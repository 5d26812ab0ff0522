// Makes of a JPEG what is shown to people. What does not belong on the open internet goes: where it was
// taken, with what and by whom. What is needed to show it right (JFIF, colour profile, Adobe transform,
// and from EXIF which way up it is: EXIF 2.3, tag 0x0112) stays, and the picture's own bytes are not
// touched.

import { STANDARD_DHT } from "./huffman.ts";
import type { Run, WholeJpeg } from "./inspect.ts";
import { MARKER } from "./markers.ts";

const ORIENTATION_TAG = 0x0112;
const EXIF = "Exif\0\0";
const TIFF_VERSION = 42;
/** The type of a number of two bytes. */
const SHORT = 3;

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
function isBareOrientation(segment: Uint8Array): boolean {
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
  if (view.getUint16(2, little) !== TIFF_VERSION) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    // What browsers do not go by was never seen lying on its side.
    if (view.getUint16(entry + 2, little) !== SHORT) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Bytes to leave out, and what to put in their place. */
interface Edit extends Run {
  readonly put?: Uint8Array;
}

/**
 * The picture that `bytes` start with as it is shown to people: nothing behind its end, the Huffman
 * tables that it leaves out, and where `strip` is set no EXIF, GPS, XMP, IPTC, comments and other data.
 * An EXIF orientation other than "as it is" survives in a segment of its own.
 *
 * @returns `bytes` itself, or its beginning, where there is nothing to take out or put in.
 */
export function cleanJpeg(
  bytes: Uint8Array,
  { end, extras, tablesAt }: WholeJpeg,
  strip: boolean,
): Uint8Array {
  const edits = strip ? withoutMetadata(bytes, extras) : [];
  if (tablesAt !== undefined) edits.push({ from: tablesAt, to: tablesAt, put: STANDARD_DHT });
  if (edits.length === 0) return end === bytes.length ? bytes : bytes.subarray(0, end);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const edit of edits.sort((a, b) => a.from - b.from)) {
    parts.push(bytes.subarray(from, edit.from));
    if (edit.put) parts.push(edit.put);
    from = edit.to;
  }
  parts.push(bytes.subarray(from, end));
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}

/** Leaves out all extras but a bare orientation, and makes one where EXIF says more than that. */
function withoutMetadata(bytes: Uint8Array, extras: readonly Run[]): Edit[] {
  const kept = extras.find(({ from, to }) => isBareOrientation(bytes.subarray(from, to)));
  const edits: Edit[] = extras.filter((extra) => extra !== kept);
  if (kept) return edits;
  const orientation = extras
    .filter(({ from }) => bytes[from] === 0xff && bytes[from + 1] === MARKER.APP1)
    .map(({ from, to }) => exifOrientation(bytes.subarray(from + 4, to)))
    .find((orientation) => orientation !== 1);
  if (orientation) edits[0] = { ...edits[0], put: orientationSegment(orientation) };
  return edits;
}
