import assert from "node:assert/strict";
import {
  ACK_BYTES,
  encodeAck,
  FRAME_HEADER_BYTES,
  readAck,
  readFrameHeader,
  writeFrameHeader,
} from "./wire_frame.ts";

const header = {
  camera: 31,
  version: 1_795_252_954_731,
  capturedAt: 1_795_252_954_000,
  receivedAt: 1_795_252_954_731,
};

Deno.test("a frame header comes back as it was written, at any offset", () => {
  const bytes = new Uint8Array(100);
  writeFrameHeader(bytes.subarray(7), header);
  assert.deepEqual(readFrameHeader(bytes.subarray(7)), header);
});

Deno.test("bytes that are no frame message have no header", () => {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  assert.equal(readFrameHeader(bytes), undefined);
  writeFrameHeader(bytes, header);
  assert.equal(readFrameHeader(bytes.subarray(0, FRAME_HEADER_BYTES - 1)), undefined);
  bytes[1] = 2;
  assert.equal(readFrameHeader(bytes), undefined);
});

Deno.test("an acknowledgement comes back as it was written, and nothing else passes for one", () => {
  const ack = { camera: 3, version: header.version };
  assert.deepEqual(readAck(encodeAck(ack)), ack);
  assert.equal(readAck(new Uint8Array(ACK_BYTES)), undefined);
  assert.equal(readAck(encodeAck(ack).subarray(1)), undefined);
  assert.equal(readAck(new Uint8Array(0)), undefined);
});
