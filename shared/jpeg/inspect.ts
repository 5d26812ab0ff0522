// The structure of a JPEG: its markers, whether some bytes are one whole picture that a browser can show,
// and which of its segments are needed for that. The rest is metadata.

/** Second bytes of markers; the first is always 0xff. */
export const MARKER = {
  TEM: 0x01,
  SOF0: 0xc0,
  SOF1: 0xc1,
  SOF2: 0xc2,
  DHT: 0xc4,
  DAC: 0xcc,
  RST0: 0xd0,
  RST7: 0xd7,
  SOI: 0xd8,
  EOI: 0xd9,
  SOS: 0xda,
  DQT: 0xdb,
  DRI: 0xdd,
  APP0: 0xe0,
  APP1: 0xe1,
  APP2: 0xe2,
  APP14: 0xee,
  APP15: 0xef,
} as const;

/** Whether `code` is a start of frame: it carries the picture's size. */
export function isStartOfFrame(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** Whether `code` stands alone, without a length and a body. */
export function isStandalone(code: number): boolean {
  return code === MARKER.TEM || (code >= MARKER.RST0 && code <= MARKER.RST7);
}

/** Whether `code` may start a segment with a length. */
export function isSegment(code: number): boolean {
  return code >= 0xc0 && !(code >= MARKER.RST0 && code <= MARKER.EOI) && code !== 0xff;
}

/** Whether `code` carries what decoding needs: Huffman or arithmetic tables, quantisation, counts. */
export function isTable(code: number): boolean {
  return code === MARKER.DHT || code === MARKER.DAC || (code >= MARKER.DQT && code <= MARKER.DRI);
}

/** Whether `code` is APP0 to APP15. */
export function isApp(code: number): boolean {
  return code >= MARKER.APP0 && code <= MARKER.APP15;
}

/** The field's name of a marker, for messages: `SOS`, `APP1`, `0xFFF3`. */
export function markerName(code: number): string {
  if (isApp(code)) return `APP${code - MARKER.APP0}`;
  if (code >= MARKER.RST0 && code <= MARKER.RST7) return `RST${code - MARKER.RST0}`;
  if (isStartOfFrame(code)) return `SOF${code - 0xc0}`;
  return NAMES[code] ?? `0xFF${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

const NAMES: Readonly<Record<number, string>> = {
  0x01: "TEM",
  0xc4: "DHT",
  0xcc: "DAC",
  0xd8: "SOI",
  0xd9: "EOI",
  0xda: "SOS",
  0xdb: "DQT",
  0xdc: "DNL",
  0xdd: "DRI",
  0xfe: "COM",
};

/**
 * Where the entropy-coded data that starts at `from` ends: the offset of the first marker that is
 * neither a stuffed zero nor a restart marker, or -1 where the bytes end before.
 *
 * The search for 0xff is the engine's native one; only about one byte in 256 is looked at here.
 */
export function endOfEntropy(bytes: Uint8Array, from: number): number {
  const last = bytes.length - 1;
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at < last) {
    const code = bytes[at + 1];
    if (code === 0xff) at++;
    else if (code === 0 || (code >= MARKER.RST0 && code <= MARKER.RST7)) {
      at = bytes.indexOf(0xff, at + 2);
    } else return at;
  }
  return -1;
}

/** Whether the segment at `at` is needed to show the picture right. */
export function isNeeded(bytes: Uint8Array, at: number, code: number): boolean {
  if (isTable(code) || isStartOfFrame(code) || code === MARKER.SOS) return true;
  if (code === MARKER.APP0) return startsWith(bytes, at + 4, "JFIF\0");
  if (code === MARKER.APP2) return startsWith(bytes, at + 4, "ICC_PROFILE\0");
  if (code === MARKER.APP14) return startsWith(bytes, at + 4, "Adobe");
  return false;
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

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

/** Pictures have some dozens; what has a million of empty ones is made to cost time. */
const MAX_MARKERS = 1000;

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
  let markers = 0;
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
    if (++markers > MAX_MARKERS) {
      return bad(`More than ${MAX_MARKERS} markers, by byte ${at}: no picture has so many.`, at);
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
