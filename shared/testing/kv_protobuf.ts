// The few protobuf messages of KV Connect, for the test server: just enough of the wire format
// (varints and length-delimited fields) to read requests and write answers.

import { concat } from "./jpegs.ts";

/** A decoded field: number and value. Fixed-width fields do not occur. */
type Field = readonly [number: number, value: bigint | Uint8Array];

/** A range to read, start included, end not. */
export interface ReadRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly limit: number;
  readonly reverse: boolean;
}

/** A stored value as it travels: the server never looks inside. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly encoding: number;
  readonly versionstamp: Uint8Array;
}

/** One change of an atomic write. Sums and the like are not spoken here. */
export interface Mutation {
  readonly key: Uint8Array;
  readonly type: "set" | "delete";
  readonly value: Uint8Array;
  readonly encoding: number;
  /** Unix ms; 0 for never. */
  readonly expireAt: number;
}

/** An atomic write. */
export interface AtomicWrite {
  readonly checks: readonly { readonly key: Uint8Array; readonly versionstamp: Uint8Array }[];
  readonly mutations: readonly Mutation[];
}

const NONE = new Uint8Array();

export function decodeSnapshotRead(bytes: Uint8Array): ReadRange[] {
  return messages(fields(bytes), 1).map((range) => ({
    start: bytesOf(range, 1),
    end: bytesOf(range, 2),
    limit: numberOf(range, 3),
    reverse: numberOf(range, 4) !== 0,
  }));
}

export function encodeSnapshotReadOutput(ranges: readonly Entry[][]): Uint8Array<ArrayBuffer> {
  return concat(
    ...ranges.map((entries) =>
      field(1, concat(...entries.map((entry) => field(1, encodeEntry(entry)))))
    ),
    field(4, 1),
    field(8, 1),
  );
}

export function decodeAtomicWrite(bytes: Uint8Array): AtomicWrite {
  const write = fields(bytes);
  return {
    checks: messages(write, 1).map((check) => ({
      key: bytesOf(check, 1),
      versionstamp: bytesOf(check, 2),
    })),
    mutations: messages(write, 2).map((mutation) => {
      const value = fields(bytesOf(mutation, 2));
      const type = numberOf(mutation, 3);
      if (type !== 1 && type !== 2) throw new TypeError(`Cannot apply mutation type ${type}`);
      return {
        key: bytesOf(mutation, 1),
        type: type === 1 ? "set" : "delete",
        value: bytesOf(value, 1),
        encoding: numberOf(value, 2),
        expireAt: numberOf(mutation, 4),
      };
    }),
  };
}

/** @param versionstamp Undefined where a check failed. */
export function encodeAtomicWriteOutput(versionstamp?: Uint8Array): Uint8Array<ArrayBuffer> {
  return versionstamp ? concat(field(1, 1), field(2, versionstamp)) : field(1, 2);
}

export function decodeWatch(bytes: Uint8Array): Uint8Array[] {
  return messages(fields(bytes), 1).map((key) => bytesOf(key, 1));
}

/** One part of a watch stream, with its length before it. `undefined` marks an unchanged key. */
export function encodeWatchOutput(
  keys: readonly ({ readonly entry: Entry | undefined } | undefined)[],
): Uint8Array<ArrayBuffer> {
  const message = concat(
    field(1, 1),
    ...keys.map((changed) => {
      if (!changed) return field(2, NONE);
      const entry = changed.entry ? field(2, encodeEntry(changed.entry)) : NONE;
      return field(2, concat(field(1, 1), entry));
    }),
  );
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, message.length, true);
  return concat(length, message);
}

function encodeEntry(entry: Entry): Uint8Array<ArrayBuffer> {
  return concat(
    field(1, entry.key),
    field(2, entry.value),
    field(3, entry.encoding),
    field(4, entry.versionstamp),
  );
}

function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      if (at >= bytes.length) throw new TypeError("Cannot read a varint that has no end");
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    if ((tag & 7) === 0) {
      found.push([tag >> 3, varint()]);
    } else if ((tag & 7) === 2) {
      const length = Number(varint());
      found.push([tag >> 3, bytes.subarray(at, at += length)]);
    } else {
      throw new TypeError(`Cannot read wire type ${tag & 7}`);
    }
  }
  return found;
}

function messages(from: readonly Field[], number: number): Field[][] {
  return from.flatMap(([n, value]) =>
    n === number && value instanceof Uint8Array ? [fields(value)] : []
  );
}

function bytesOf(from: readonly Field[], number: number): Uint8Array {
  const value = from.findLast(([n]) => n === number)?.[1];
  return value instanceof Uint8Array ? value : NONE;
}

function numberOf(from: readonly Field[], number: number): number {
  const value = from.findLast(([n]) => n === number)?.[1];
  return typeof value === "bigint" ? Number(value) : 0;
}

function field(number: number, value: number | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof value === "number") return concat(varintOf(number << 3), varintOf(value));
  return concat(varintOf((number << 3) | 2), varintOf(value.length), value);
}

function varintOf(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Uint8Array.from([...bytes, value]);
}
