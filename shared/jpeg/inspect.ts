// Whether some bytes are one whole JPEG that a browser can show, in one pass over the markers.

import {
  endOfEntropy,
  isSegment,
  isStandalone,
  isStartOfFrame,
  MARKER,
  markerName,
} from "./markers.ts";
import { isNeeded } from "./needed.ts";

/** A whole JPEG's size in pixels, or the first thing wrong with it. */
export type Inspection =
  | {
    readonly ok: true;
    readonly width: number;
    readonly height: number;
    /** Whether there is something in it for `stripMetadata` to look at. */
    readonly metadata: boolean;
  }
  /** `problem` is a sentence for people; `offset` is the byte it speaks of. */
  | { readonly ok: false; readonly problem: string; readonly offset: number };

/**
 * Looks whether `bytes` are one complete JPEG, from SOI to EOI with nothing behind it, of a kind
 * browsers show (baseline or progressive Huffman, 8 bits). Picture data is searched, not decoded.
 */
export function inspectJpeg(bytes: Uint8Array): Inspection {
  if (bytes.length === 0) return bad("The body is empty.", 0);
  if (bytes[0] !== 0xff || bytes[1] !== MARKER.SOI) {
    return bad(`A JPEG starts with FF D8 (SOI), this starts with ${hex(bytes, 0)}.`, 0);
  }
  let size: { width: number; height: number } | undefined;
  let metadata = false;
  let scans = 0;
  let at = 2;
  let last = "SOI";
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) {
      return bad(`Expected a marker after ${last} at byte ${at}, found ${hex(bytes, at)}.`, at);
    }
    const code = bytes[at + 1];
    if (code === 0xff) {
      at++;
      continue;
    }
    if (isStandalone(code)) {
      at += 2;
      continue;
    }
    if (code === MARKER.EOI) {
      if (!size) return bad(`EOI at byte ${at} comes before any frame header (SOF).`, at);
      if (scans === 0) return bad(`EOI at byte ${at} comes before any scan (SOS).`, at);
      return at + 2 === bytes.length ? { ok: true, ...size, metadata } : trailing(bytes, at + 2);
    }
    if (code === MARKER.SOI) {
      return bad(`A second SOI at byte ${at}: the picture before it was cut off.`, at);
    }
    if (!isSegment(code)) {
      return bad(`Expected a marker after ${last} at byte ${at}, found ${hex(bytes, at)}.`, at);
    }
    last = markerName(code);
    if (at + 3 >= bytes.length) break;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (length < 2) return bad(`${last} at byte ${at} has the impossible length ${length}.`, at);
    const next = at + 2 + length;
    if (next > bytes.length) {
      const missing = next - bytes.length;
      return bad(`The JPEG ends inside ${last} at byte ${at}: ${missing} bytes are missing.`, at);
    }
    if (!isNeeded(bytes, at, code)) metadata = true;
    if (isStartOfFrame(code)) {
      if (size) return bad(`A second frame header (${last}) at byte ${at}.`, at);
      const header = frameHeader(bytes, at, code, length);
      if ("problem" in header) return header;
      size = header;
    }
    at = next;
    if (code !== MARKER.SOS) continue;
    if (!size) return bad(`SOS comes before any frame header (SOF), at byte ${at}.`, at);
    scans++;
    const end = endOfEntropy(bytes, at);
    if (end < 0) break;
    last = "the picture data";
    at = end;
  }
  const where = scans > 0 ? "in the picture data" : `after ${last}`;
  return bad(`The JPEG is cut off ${where}: no EOI in ${bytes.length} bytes.`, bytes.length);
}

function frameHeader(
  bytes: Uint8Array,
  at: number,
  code: number,
  length: number,
): Inspection & { ok: false } | { readonly width: number; readonly height: number } {
  const name = markerName(code);
  if (code > MARKER.SOF2) {
    return bad(`${name} at byte ${at}: browsers show baseline and progressive JPEG only.`, at);
  }
  const components = bytes[at + 9];
  if (length < 8 || length !== 8 + 3 * components) {
    return bad(`${name} at byte ${at} has the wrong length ${length}.`, at);
  }
  if (bytes[at + 4] !== 8) {
    return bad(`${name} at byte ${at}: ${bytes[at + 4]} bits a sample, wanted 8.`, at);
  }
  if (components !== 1 && components !== 3 && components !== 4) {
    return bad(`${name} at byte ${at}: ${components} components, wanted 1, 3 or 4.`, at);
  }
  const height = (bytes[at + 5] << 8) | bytes[at + 6];
  const width = (bytes[at + 7] << 8) | bytes[at + 8];
  if (width === 0 || height === 0) {
    return bad(`${name} at byte ${at} gives the size ${width}x${height}.`, at);
  }
  return { width, height };
}

function trailing(bytes: Uint8Array, at: number): Inspection {
  if (bytes[at] === 0xff && bytes[at + 1] === MARKER.SOI) {
    return bad(`A second JPEG starts at byte ${at}, after EOI: send one picture a request.`, at);
  }
  return bad(`${bytes.length - at} bytes follow EOI, from byte ${at}: wanted none.`, at);
}

function bad(problem: string, offset: number): Inspection & { ok: false } {
  return { ok: false, problem, offset };
}

/** The two bytes at `at`, as people write them. */
function hex(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 2)]
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
    .join(" ");
}
