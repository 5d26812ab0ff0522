import assert from "node:assert/strict";
import { fc } from "../../shared/testing/properties.ts";
import {
  encodeFrame,
  MAX_HEAD_BYTES,
  MAX_MESSAGE_BYTES,
  OPCODE,
  readViewerFrame,
  writeHeadBefore,
} from "./socket_frame.ts";

/** A frame as a client sends it. */
function masked(first: number, payload: Uint8Array, mask = [1, 2, 3, 4]): Uint8Array {
  const head = payload.length < 126
    ? [first, 0x80 | payload.length]
    : [first, 0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Uint8Array.of(...head, ...mask, ...payload.map((byte, i) => byte ^ mask[i & 3]));
}

Deno.test("the head of a message has the length's own size and ends where the message starts", () => {
  const heads: [number, number[]][] = [
    [0, [0x82, 0]],
    [125, [0x82, 125]],
    [126, [0x82, 126, 0, 126]],
    [0xffff, [0x82, 126, 0xff, 0xff]],
    [0x10000, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ];
  for (const [length, head] of heads) {
    const bytes = new Uint8Array(MAX_HEAD_BYTES + length);
    const size = writeHeadBefore(bytes, MAX_HEAD_BYTES, bytes.length);
    assert.deepEqual([...bytes.subarray(MAX_HEAD_BYTES - size, MAX_HEAD_BYTES)], head);
  }
});

Deno.test("a frame of text is head and text", () => {
  const text = new TextEncoder().encode("hello");
  assert.deepEqual([...encodeFrame(OPCODE.text, text)], [0x81, 5, ...text]);
});

Deno.test("what a client masked is read, and what follows it is left", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: MAX_MESSAGE_BYTES }),
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
      (payload, mask) => {
        const sent = masked(0x82, payload, mask);
        const read = readViewerFrame(Uint8Array.of(...sent, 1, 2, 3));
        assert.deepEqual(read, {
          opcode: OPCODE.binary,
          final: true,
          payload: new Uint8Array(payload),
          bytes: sent.length,
        });
        for (const end of [0, 1, 5, sent.length - 1]) {
          assert.equal(readViewerFrame(sent.subarray(0, end)), "partial");
        }
      },
    ),
  );
});

Deno.test("a frame no client may send is broken", () => {
  const unmasked = Uint8Array.of(0x82, 0);
  const reserved = masked(0xc2, new Uint8Array());
  const unknown = masked(0x83, new Uint8Array());
  const splitPing = masked(0x09, new Uint8Array());
  const longPing = masked(0x89, new Uint8Array(126));
  for (const frame of [unmasked, reserved, unknown, splitPing, longPing]) {
    assert.equal(readViewerFrame(frame), "broken");
  }
});

Deno.test("a message longer than any taken is told by its head alone", () => {
  assert.equal(readViewerFrame(masked(0x82, new Uint8Array(1025)).subarray(0, 4)), "large");
  assert.equal(readViewerFrame(Uint8Array.of(0x82, 0xff)), "large");
});

Deno.test("whatever comes is a frame, partial, broken or large", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const read = readViewerFrame(bytes);
      if (typeof read === "object") assert(read.bytes <= bytes.length);
    }),
    { numRuns: 50_000 },
  );
});
