// The one thing in EXIF that a picture needs: which way up it is (EXIF 2.3, tag 0x0112).

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
