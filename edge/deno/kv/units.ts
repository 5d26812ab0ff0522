// What a call costs where KV is billed: a write unit is 1 KiB of a whole atomic, a read unit is
// 4 KiB of a call, both rounded up.

/** Bytes of an encoded key. */
export function keyBytes(key: Deno.KvKey): number {
  return key.reduce<number>(
    (sum, part) => sum + (typeof part === "string" ? part.length + 2 : 9),
    0,
  );
}

/** Bytes of a stored value, estimated from JSON where it is not raw; 0 for none. */
export function valueBytes(value: unknown): number {
  if (value === null || value === undefined) return 0;
  return value instanceof Uint8Array ? value.byteLength : JSON.stringify(value).length;
}

/** Units of a read that returned `bytes` of keys and values. */
export function readUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4096));
}

/** Units of an atomic write of `bytes` of keys and values. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}
