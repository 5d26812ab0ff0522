// The JPEG markers that the splitter, the inspector and the stripper share (ITU-T T.81, table B.1).

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
