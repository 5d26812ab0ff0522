// The data behind the KV Connect test server: ordered, versioned, in memory.

import type { AtomicWrite, Entry, ReadRange } from "./kv_protobuf.ts";

interface Stored extends Entry {
  /** Unix ms; 0 for never. */
  readonly expireAt: number;
}

/** Entries in key order, and the write that changed them last. */
export class KvTable {
  /** Keys as one character a byte, which compare as bytes do. */
  readonly #entries = new Map<string, Stored>();
  #order: string[] = [];
  #commits = 0n;
  readonly #listeners = new Set<(keys: ReadonlySet<string>) => void>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: Uint8Array): Entry | undefined {
    return this.#entries.get(textOf(key));
  }

  read({ start, end, limit, reverse }: ReadRange): Entry[] {
    const keys = this.#order.slice(this.#place(textOf(start)), this.#place(textOf(end)));
    if (reverse) keys.reverse();
    return keys.slice(0, limit).map((key) => this.#entries.get(key)!);
  }

  /** The commit's versionstamp, or undefined where a check failed. */
  write({ checks, mutations }: AtomicWrite): Uint8Array | undefined {
    const holds = checks.every(({ key, versionstamp }) =>
      textOf(this.get(key)?.versionstamp ?? new Uint8Array()) === textOf(versionstamp)
    );
    if (!holds) return undefined;
    this.#expire(Date.now());
    const versionstamp = new Uint8Array(10);
    new DataView(versionstamp.buffer).setBigUint64(0, ++this.#commits);
    const changed = new Set<string>();
    for (const { key, type, value, encoding, expireAt } of mutations) {
      const text = textOf(key);
      changed.add(text);
      if (type === "delete") this.#delete(text);
      else this.#set(text, { key, value, encoding, versionstamp, expireAt });
    }
    for (const listener of this.#listeners) listener(changed);
    return versionstamp;
  }

  /** Calls `listener` with the keys of every write. Returns a function that stops the calls. */
  onWrite(listener: (keys: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(text: string, stored: Stored): void {
    if (!this.#entries.has(text)) this.#order.splice(this.#place(text), 0, text);
    this.#entries.set(text, stored);
  }

  #delete(text: string): void {
    if (this.#entries.delete(text)) this.#order.splice(this.#place(text), 1);
  }

  #expire(now: number): void {
    for (const [text, { expireAt }] of this.#entries) {
      if (expireAt > 0 && expireAt <= now) this.#delete(text);
    }
  }

  /** Where `text` is or would be in the order. */
  #place(text: string): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#order[middle] < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Bytes as text of one character a byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
