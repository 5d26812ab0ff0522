// The stamp in each frame of the bench: when it was sent, its number and a checksum. It is a
// quantisation table that no component uses: every decoder takes it, and no server takes it out as
// metadata, so that the edge is measured as it runs by default.

import { crc32 } from "node:zlib";

/** Which table the stamp is: the last one there can be. */
export const STAMP_TABLE = 3;

/** Stands before time, number and checksum; the rest of the table is ones, as no divisor is zero. */
const MAGIC = new TextEncoder().encode("PRCH");
/** Where the stamp lies in a frame: behind SOI, the segment's head and the table's number. */
const STAMP_AT = 7;

/** Bytes at the start of a frame from which its stamp can be read; the checksum covers the rest. */
export const STAMP_BYTES: number = STAMP_AT + 64;

/** Writes a stamp; `crc` is that of all bytes behind it. */
export function writeStamp(frame: Uint8Array, sentAt: number, number: number, crc: number): void {
  frame.set(MAGIC, STAMP_AT);
  writeDigits(frame, STAMP_AT + 4, Math.round(sentAt), 16);
  writeDigits(frame, STAMP_AT + 20, number, 10);
  writeDigits(frame, STAMP_AT + 30, crc, 10);
}

/** When a frame was sent (`nowUs`), or -1 where this is no frame of the bench. */
export function stampedAt(bytes: Uint8Array, at = 0): number {
  if (bytes[at] !== 0xff || bytes[at + 1] !== 0xd8) return -1;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + STAMP_AT + i] !== MAGIC[i]) return -1;
  return readDigits(bytes, at + STAMP_AT + 4, 16);
}

/** A frame's number, from 1. */
export function frameNumber(bytes: Uint8Array, at = 0): number {
  return readDigits(bytes, at + STAMP_AT + 20, 10);
}

/** The checksum of what follows the stamp. */
export function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(STAMP_BYTES));
}

/** Whether every byte of a whole frame is what was sent. */
export function isWhole(frame: Uint8Array): boolean {
  return checksum(frame) === readDigits(frame, STAMP_AT + 30, 10);
}

/** ASCII digits, because a zero byte has no place in a quantisation table. */
function writeDigits(into: Uint8Array, at: number, value: number, digits: number): void {
  for (let i = at + digits - 1; i >= at; i--) {
    into[i] = 48 + value % 10;
    value = Math.floor(value / 10);
  }
}

function readDigits(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + bytes[i] - 48;
  return value;
}
