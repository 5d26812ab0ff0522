// Takes out of a JPEG what does not belong on the open internet: where it was taken, with what and
// by whom. What is needed to show it right (JFIF, colour profile, Adobe transform, orientation)
// stays, and the picture's own bytes are not touched.

import { endOfEntropy, isSegment, isStandalone, MARKER } from "./markers.ts";
import { isNeeded } from "./needed.ts";
import { exifOrientation, isBareOrientation, orientationSegment } from "./orientation.ts";

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
