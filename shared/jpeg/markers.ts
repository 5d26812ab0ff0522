// The markers of a JPEG, and which of its segments are needed to show it. The rest is metadata.

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
  return NAMES[code];
}

const NAMES: Readonly<Record<number, string>> = {
  0xc4: "DHT",
  0xcc: "DAC",
  0xda: "SOS",
  0xdb: "DQT",
  0xdc: "DNL",
  0xdd: "DRI",
  0xfe: "COM",
};

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
