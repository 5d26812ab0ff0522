// The markers of a JPEG, which of its segments are needed to show it, and what is shown to people: the
// rest is metadata. What does not belong on the open internet goes: where it was taken, with what and by
// whom. What is needed to show it right (JFIF, colour profile, Adobe transform, and from EXIF which way up
// it is: EXIF 2.3, tag 0x0112) stays, and the picture's own bytes are not touched.

import { concat } from "../wire_frame.ts";
import { STANDARD_DHT } from "./huffman.ts";
import type { Run, WholeJpeg } from "./inspect.ts";

/** Second bytes of markers; the first is always 0xff. */
export const MARKER = {
  TEM: 0x01,
  SOF0: 0xc0,
  SOF1: 0xc1,
  SOF2: 0xc2,
  DHT: 0xc4,
  SOF9: 0xc9,
  SOF10: 0xca,
  DAC: 0xcc,
  RST0: 0xd0,
  RST7: 0xd7,
  SOI: 0xd8,
  EOI: 0xd9,
  SOS: 0xda,
  DQT: 0xdb,
  DNL: 0xdc,
  DRI: 0xdd,
  APP0: 0xe0,
  APP1: 0xe1,
  APP2: 0xe2,
  APP14: 0xee,
  APP15: 0xef,
  COM: 0xfe,
} as const;

/** Whether `code` is a start of frame: it carries the picture's size. */
export function isStartOfFrame(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** Whether `code` stands alone, without a length and a body. */
export function isStandalone(code: number): boolean {
  return code === MARKER.TEM || isRestart(code);
}

function isRestart(code: number): boolean {
  return code >= MARKER.RST0 && code <= MARKER.RST7;
}

/** Whether `code` may start a segment with a length. What the standard only reserves no decoder takes. */
export function isSegment(code: number): boolean {
  return isStartOfFrame(code) || isSkipped(code) || code === MARKER.DHT || code === MARKER.DAC ||
    code === MARKER.SOS || code === MARKER.DQT || code === MARKER.DRI;
}

/** Whether decoders step over `code`: APP0 to APP15, a comment, a height that comes too late. */
export function isSkipped(code: number): boolean {
  return isApp(code) || code === MARKER.COM || code === MARKER.DNL;
}

/** Whether `code` is APP0 to APP15. */
function isApp(code: number): boolean {
  return code >= MARKER.APP0 && code <= MARKER.APP15;
}

/** The field's name of a segment, for messages: `SOS`, `APP1`. */
export function segmentName(code: number): string {
  if (isApp(code)) return `APP${code - MARKER.APP0}`;
  if (isStartOfFrame(code)) return `SOF${code - MARKER.SOF0}`;
  return Object.entries(MARKER).find(([, marker]) => marker === code)![0];
}

/** The first FF D8 FF from `from` on, or the end of the bytes. */
export function startOfJpeg(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && !(bytes[at + 1] === MARKER.SOI && bytes[at + 2] === 0xff)) {
    at = bytes.indexOf(0xff, at + 1);
  }
  return at < 0 ? bytes.length : at;
}

/** Where picture data ends. */
export interface EntropyEnd {
  /** The first marker that does not belong to the data, or -1 where the bytes end before. */
  readonly end: number;
  /** Where decoders give up, at a marker that is none; -1 where they do not. */
  readonly damage: number;
}

/**
 * Looks for the end of the entropy-coded data that starts at `from`. Stuffed zeros and restart
 * markers belong to it, and so does damage.
 *
 * @param restarts Whether decoders go on at the next restart marker after damage.
 * The search for 0xff is the engine's native one; only about one byte in 256 is looked at here.
 */
export function endOfEntropy(bytes: Uint8Array, from: number, restarts: boolean): EntropyEnd {
  const last = bytes.length - 1;
  let damage = -1;
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at < last) {
    const code = bytes[at + 1];
    if (code === 0xff) {
      at++;
      continue;
    }
    if (isRestart(code)) damage = restarts ? -1 : damage;
    else if (code >= MARKER.SOF0) return { end: at, damage };
    else if (code > MARKER.TEM && damage < 0) damage = at;
    at = bytes.indexOf(0xff, at + 2);
  }
  return { end: -1, damage };
}

/** The first marker from `from` on, or the end of the bytes: what stands before it decoders skip. */
export function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && bytes[at + 1] === 0) at = bytes.indexOf(0xff, at + 2);
  return at < 0 ? bytes.length : at;
}

/** Whether a segment is needed to show the picture right. */
export function isNeeded(code: number, body: Uint8Array): boolean {
  if (code === MARKER.APP0) return startsWith(body, "JFIF\0");
  if (code === MARKER.APP2) return startsWith(body, "ICC_PROFILE\0");
  if (code === MARKER.APP14) return startsWith(body, "Adobe");
  return !isSkipped(code);
}

function startsWith(body: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (body[i] !== text.charCodeAt(i)) return false;
  return true;
}

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
  if (body.length < EXIF.length + 8 || !startsWith(body, EXIF)) return 1;
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
  return concat(...parts);
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
