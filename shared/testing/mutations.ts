// Bytes that were right once: what a bad line, a bad program or a bad person makes of them.

import fc from "fast-check";
import { concat } from "./jpegs.ts";

/** One change: which kind, where (in 65,536ths), and a number the kind makes use of. */
type Edit = readonly [kind: number, where: number, value: number];

const KINDS = 8;
const MARKERS = [0x00, 0x01, 0xc0, 0xc2, 0xc4, 0xd0, 0xd8, 0xd9, 0xda, 0xdd, 0xe1, 0xfe, 0xff];

/** One to four changes in a row. Integers: fast-check's doubles are nearly all next to zero. */
export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.tuple(fc.nat(KINDS - 1), fc.nat(0xffff), fc.nat(0xffff)),
  { minLength: 1, maxLength: 4 },
);

/** A changed copy of `bytes`. */
export function mutate(bytes: Uint8Array, changes: readonly Edit[]): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (const [kind, where, value] of changes) out = apply(out, kind, where, value);
  return out;
}

function apply(
  bytes: Uint8Array<ArrayBuffer>,
  kind: number,
  where: number,
  value: number,
): Uint8Array<ArrayBuffer> {
  // Headers are short and hold the structure: half of all changes fall into the first part.
  const span = value & 1 ? bytes.length : Math.min(bytes.length, 700);
  const at = Math.floor((where / 0x10000) * Math.max(0, span - 2));
  const size = value % 300;
  switch (kind) {
    case 0:
      bytes[at] ^= 1 << (value % 8);
      return bytes;
    case 1:
      bytes[at] = value & 0xff;
      return bytes;
    case 2:
      bytes[at] = 0xff;
      bytes[at + 1] = MARKERS[value % MARKERS.length];
      return bytes;
    case 3:
      bytes[at] = value >> 8;
      bytes[at + 1] = value & 0xff;
      return bytes;
    case 4:
      return bytes.slice(0, at);
    case 5:
      return concat(bytes.subarray(0, at), bytes.subarray(at + size));
    case 6:
      return concat(bytes.subarray(0, at), bytes.subarray(at - size), bytes.subarray(at));
    default:
      return concat(bytes.subarray(0, at), new Uint8Array(size), bytes.subarray(at));
  }
}
