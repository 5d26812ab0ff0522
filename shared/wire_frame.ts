// The 32 bytes before each JPEG on a WebSocket, and the viewer's 16-byte answer. Binary both ways:
// no JSON on the path of a frame. No import, so that the browser bundle stays small.

/** Bytes before the JPEG in a frame message. */
export const FRAME_HEADER_BYTES = 32;

/** Bytes of a viewer's acknowledgement. */
export const ACK_BYTES = 16;

/** First byte of a frame message; the second is the format's version. */
const FRAME_MAGIC = 0xf7;
const ACK_MAGIC = 0xac;
const FORMAT = 1;

/** What the header of a frame message says. All numbers big-endian on the wire. */
export interface FrameHeader {
  /** Which camera, by the number the `hello` message gave it; 0 from a camera. */
  readonly camera: number;
  /** Edge to viewer: the version. Camera to edge: the camera's count. */
  readonly version: number;
  /** Unix ms. */
  readonly capturedAt: number;
  /** Unix ms; 0 from a camera. */
  readonly receivedAt: number;
}

/** Writes a frame header at `offset`. */
export function writeFrameHeader(into: Uint8Array, header: FrameHeader, offset = 0): void {
  const view = new DataView(into.buffer, into.byteOffset + offset, FRAME_HEADER_BYTES);
  view.setUint8(0, FRAME_MAGIC);
  view.setUint8(1, FORMAT);
  view.setUint16(2, header.camera);
  view.setUint32(4, 0);
  view.setFloat64(8, header.version);
  view.setFloat64(16, header.capturedAt);
  view.setFloat64(24, header.receivedAt);
}

/** Reads a frame header; undefined where the bytes are no frame message. */
export function readFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  if (view.getUint8(0) !== FRAME_MAGIC || view.getUint8(1) !== FORMAT) return undefined;
  return {
    camera: view.getUint16(2),
    version: view.getFloat64(8),
    capturedAt: view.getFloat64(16),
    receivedAt: view.getFloat64(24),
  };
}

/** A viewer's word that it has drawn everything up to a version. */
export interface Ack {
  readonly camera: number;
  readonly version: number;
}

/** The message for a drawn version. */
export function encodeAck(ack: Ack): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ACK_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ACK_MAGIC);
  view.setUint8(1, FORMAT);
  view.setUint16(2, ack.camera);
  view.setFloat64(8, ack.version);
  return bytes;
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
