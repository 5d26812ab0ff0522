// Records: the 32 bytes before each JPEG on a socket or in a stream, and the viewer's 16-byte answer on
// a socket. Binary both ways: no JSON on the path of a frame. No import, so that the page stays small.

/** Bytes before what a record brings. */
export const FRAME_HEADER_BYTES = 32;

/** Bytes of a viewer's acknowledgement. */
export const ACK_BYTES = 16;

/** First byte of a record; the second is its kind. */
const FRAME_MAGIC = 0xf7;
const ACK_MAGIC = 0xac;
const FORMAT = 1;

/** What a record brings: a JPEG, or a message as JSON. */
export const KIND = { picture: 1, message: 2 } as const;

/** What the header of a picture says. All numbers big-endian on the wire. */
export interface FrameHeader {
  /** Which camera, by the number the `hello` message gave it; 0 from a camera. */
  readonly camera: number;
  /** Edge to viewer: the version. Camera to edge: the camera's count. */
  readonly version: number;
  /** Unix ms. */
  readonly capturedAt: number;
  /**
   * Unix ms. From a camera: when it sent the picture, by the clock that says when it was taken; 0 where
   * it does not say.
   */
  readonly receivedAt: number;
}

/** What the header of a record says. */
export interface RecordHeader extends FrameHeader {
  /** One of `KIND`, or one to come: pass over it. */
  readonly kind: number;
  /** Bytes that follow. */
  readonly length: number;
}

/** Writes a picture's header. Default length: 0, for a socket, whose messages have their own. */
export function writeFrameHeader(
  into: Uint8Array,
  header: FrameHeader & { readonly length?: number },
): void {
  writeRecordHeader(into, { length: 0, ...header, kind: KIND.picture });
}

function writeRecordHeader(into: Uint8Array, header: RecordHeader): void {
  const view = new DataView(into.buffer, into.byteOffset, FRAME_HEADER_BYTES);
  view.setUint8(0, FRAME_MAGIC);
  view.setUint8(1, header.kind);
  view.setUint16(2, header.camera);
  view.setUint32(4, header.length);
  view.setFloat64(8, header.version);
  view.setFloat64(16, header.capturedAt);
  view.setFloat64(24, header.receivedAt);
}

/** Reads a record's header; undefined where the bytes are none. */
export function readRecordHeader(bytes: Uint8Array): RecordHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  if (view.getUint8(0) !== FRAME_MAGIC) return undefined;
  return {
    kind: view.getUint8(1),
    camera: view.getUint16(2),
    length: view.getUint32(4),
    version: view.getFloat64(8),
    capturedAt: view.getFloat64(16),
    receivedAt: view.getFloat64(24),
  };
}

/** Reads a picture's header; undefined where the bytes are no picture. */
export function readFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  const header = readRecordHeader(bytes);
  if (header?.kind !== KIND.picture) return undefined;
  const { camera, version, capturedAt, receivedAt } = header;
  return { camera, version, capturedAt, receivedAt };
}

/**
 * A message as a record.
 *
 * @param receivedAt When the edge said it, Unix ms.
 */
export function encodeMessage(message: object, receivedAt: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(message));
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + json.length);
  const times = { version: 0, capturedAt: 0, receivedAt };
  writeRecordHeader(bytes, { kind: KIND.message, camera: 0, length: json.length, ...times });
  bytes.set(json, FRAME_HEADER_BYTES);
  return bytes;
}

/** A viewer's word that it has drawn everything up to a version. */
export interface Ack {
  readonly camera: number;
  readonly version: number;
}

/** A view of an acknowledgement's bytes: making one anew for each of thousands a second costs more. */
const ackBytes = new Uint8Array(ACK_BYTES);
const ackView = new DataView(ackBytes.buffer);

/** Reads an acknowledgement; undefined where the bytes are none. */
export function readAck(bytes: Uint8Array): Ack | undefined {
  if (bytes.length !== ACK_BYTES || bytes[0] !== ACK_MAGIC || bytes[1] !== FORMAT) return undefined;
  ackBytes.set(bytes);
  return { camera: ackView.getUint16(2), version: ackView.getFloat64(8) };
}

/** All parts in one array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
