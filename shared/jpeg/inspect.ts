// The one judge of pictures: whether bytes start with a whole JPEG that browsers show, where it ends, and
// what in it is not needed to show it. Picture data is searched, not decoded.

import { Decoder, type Fault, fault } from "./decoder.ts";
import {
  endOfEntropy,
  isNeeded,
  isSegment,
  isSkipped,
  isStandalone,
  MARKER,
  nextMarker,
  segmentName,
} from "./markers.ts";

/** A run of bytes. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** What is known of a picture that browsers show. */
export interface WholeJpeg {
  readonly ok: true;
  readonly width: number;
  readonly height: number;
  /** Where it ends: what follows does not belong to it. */
  readonly end: number;
  /** What is not needed to show it, oldest first: metadata, and bytes that belong to nothing. */
  readonly extras: readonly Run[];
  /** Where the standard Huffman tables go; undefined where it has all it needs. */
  readonly tablesAt: number | undefined;
}

/** A picture, or the first thing wrong with it. */
export type Inspection = WholeJpeg | Fault;

/** Pictures have some dozens; what has a million of empty ones is made to cost time. */
const MAX_MARKERS = 1000;

/** Judges the picture that `bytes` start with. */
export function inspectJpeg(bytes: Uint8Array): Inspection {
  if (bytes.length === 0) return fault("It is empty, wanted a JPEG.", 0);
  if (bytes[0] !== 0xff || bytes[1] !== MARKER.SOI || (bytes[2] ?? 0xff) !== 0xff) {
    return fault(`A JPEG starts with FF D8 FF, this starts with ${hex(bytes, 0, 3)}.`, 0);
  }
  const decoder = new Decoder();
  const extras: Run[] = [];
  let tablesAt: number | undefined;
  let markers = 0;
  let at = 2;
  let last = "SOI";
  while (at + 1 < bytes.length) {
    const code = bytes[at + 1];
    if (bytes[at] !== 0xff || code === 0) {
      const from = at;
      at = nextMarker(bytes, at);
      extras.push({ from, to: at });
      continue;
    }
    if (code === 0xff) {
      at++;
      continue;
    }
    if (++markers > MAX_MARKERS) {
      return fault(`More than ${MAX_MARKERS} markers, by byte ${at}: no picture has so many.`, at);
    }
    if (isStandalone(code)) {
      at += 2;
      continue;
    }
    if (code === MARKER.EOI) {
      const { frame, scans, lacksTables } = decoder;
      if (!frame) return fault(`EOI at byte ${at} comes before any frame header (SOF).`, at);
      if (scans === 0) return fault(`EOI at byte ${at} comes before any scan (SOS).`, at);
      const { width, height } = frame;
      if (!lacksTables) tablesAt = undefined;
      return { ok: true, width, height, end: at + 2, extras, tablesAt };
    }
    if (code === MARKER.SOI) {
      return fault(`A second SOI at byte ${at}: the picture before it was cut off.`, at);
    }
    if (!isSegment(code)) return noMarker(bytes, last, at);
    last = segmentName(code);
    if (at + 3 >= bytes.length) break;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    // Decoders step over the two bytes of a length all the same where they do not need what follows.
    if (length < 2 && !isSkipped(code)) {
      return fault(`${last} at byte ${at} has the impossible length ${length}.`, at);
    }
    const next = at + 2 + Math.max(length, 2);
    if (next > bytes.length) {
      const missing = next - bytes.length;
      return fault(`The JPEG ends inside ${last} at byte ${at}: ${missing} bytes are missing.`, at);
    }
    const wrong = decoder.take(bytes, at, next);
    if (wrong) return wrong;
    if (!isNeeded(code, bytes.subarray(at + 4, next))) extras.push({ from: at, to: next });
    if (code === MARKER.DHT || code === MARKER.SOS) tablesAt ??= at;
    at = next;
    if (code !== MARKER.SOS) continue;
    const { end, damage } = endOfEntropy(bytes, at, decoder.restarts);
    if (end < 0) break;
    last = "the picture data";
    if (damage >= 0) return noMarker(bytes, last, damage);
    at = end;
  }
  const where = decoder.scans > 0 ? "in the picture data" : `after ${last}`;
  return fault(`The JPEG is cut off ${where}: no EOI in ${bytes.length} bytes.`, bytes.length);
}

function noMarker(bytes: Uint8Array, last: string, at: number): Fault {
  return fault(`Expected a marker after ${last} at byte ${at}, found ${hex(bytes, at, 2)}.`, at);
}

/** The bytes at `at`, as people write them. */
function hex(bytes: Uint8Array, at: number, count: number): string {
  return [...bytes.subarray(at, at + count)]
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
    .join(" ");
}
