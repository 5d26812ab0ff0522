// Frames of the WebSocket protocol (RFC 6455, section 5) as bytes: heads for what the edge sends,
// and a reader for the few short ones that viewers send.

/** Longest head of a frame that a server sends. */
export const MAX_HEAD_BYTES = 10;

/** Longest message taken from a viewer: an acknowledgement has 16 bytes. */
export const MAX_MESSAGE_BYTES = 1024;

/** What a frame is. */
export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FINAL = 0x80;
const MASKED = 0x80;

/**
 * Writes the head of a binary message that starts at `at` right before it.
 *
 * @param end Where the message ends.
 * @returns Bytes of the head.
 */
export function writeHeadBefore(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at;
  const size = headBytes(length);
  writeHead(bytes, at - size, OPCODE.binary, length);
  return size;
}

/** One whole frame. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = headBytes(payload.length);
  const frame = new Uint8Array(size + payload.length);
  writeHead(frame, 0, opcode, payload.length);
  frame.set(payload, size);
  return frame;
}

function headBytes(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}

function writeHead(bytes: Uint8Array, at: number, opcode: number, length: number): void {
  bytes[at] = FINAL | opcode;
  if (length < 126) {
    bytes[at + 1] = length;
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, headBytes(length));
  bytes[at + 1] = length < 0x10000 ? 126 : 127;
  if (length < 0x10000) view.setUint16(2, length);
  else view.setBigUint64(2, BigInt(length));
}

/** One frame of a viewer. */
export interface ViewerFrame {
  readonly opcode: number;
  readonly final: boolean;
  /** Unmasked, in bytes of its own. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Bytes it took. */
  readonly bytes: number;
}

/**
 * Reads the frame at the start of `bytes`.
 *
 * @returns "partial" where its end has not come yet; "broken" where no viewer may send such a frame;
 *   "large" where it is longer than any message taken here.
 */
export function readViewerFrame(
  bytes: Uint8Array,
): ViewerFrame | "partial" | "broken" | "large" {
  if (bytes.length < 2) return "partial";
  const opcode = bytes[0] & 0x0f;
  const final = (bytes[0] & FINAL) !== 0;
  const short = bytes[1] & 0x7f;
  if ((bytes[0] & 0x70) !== 0 || (bytes[1] & MASKED) === 0) return "broken";
  if (opcode >= OPCODE.close && (!final || short > 125)) return "broken";
  if (opcode > OPCODE.pong || (opcode > OPCODE.binary && opcode < OPCODE.close)) return "broken";
  if (short === 127) return "large";
  const maskAt = short === 126 ? 4 : 2;
  if (bytes.length < maskAt) return "partial";
  const length = short === 126 ? bytes[2] << 8 | bytes[3] : short;
  if (length > MAX_MESSAGE_BYTES) return "large";
  const start = maskAt + 4;
  if (bytes.length < start + length) return "partial";
  const payload = new Uint8Array(length);
  for (let i = 0; i < length; i++) payload[i] = bytes[start + i] ^ bytes[maskAt + (i & 3)];
  return { opcode, final, payload, bytes: start + length };
}
