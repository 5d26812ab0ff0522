// The Huffman tables of the JPEG standard's annex K, and the bits written with them.

interface Table {
  /** Codes by symbol. */
  readonly codes: Uint16Array;
  /** Lengths of the codes in bits, by symbol. */
  readonly lengths: Uint8Array;
  /** As it stands in a file: counts by length, then symbols. */
  readonly bytes: readonly number[];
}

function table(counts: readonly number[], symbols: readonly number[]): Table {
  const codes = new Uint16Array(256);
  const lengths = new Uint8Array(256);
  let code = 0;
  let index = 0;
  counts.forEach((count, bits) => {
    for (let i = 0; i < count; i++) {
      codes[symbols[index]] = code++;
      lengths[symbols[index++]] = bits + 1;
    }
    code <<= 1;
  });
  return { codes, lengths, bytes: [...counts, ...symbols] };
}

function hex(text: string): number[] {
  return text.match(/../g)!.map((pair) => parseInt(pair, 16));
}

const TWELVE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

export const DC_LUMA: Table = table([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], TWELVE);
export const DC_CHROMA: Table = table([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], TWELVE);
export const AC_LUMA: Table = table(
  [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  hex(
    "0102030004110512213141061351610722711432" +
      "8191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a5354" +
      "55565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9" +
      "aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
  ),
);
const AC_CHROMA: Table = table(
  [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
  hex(
    "0001020311040521310612415107617113223281" +
      "08144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a53" +
      "5455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7" +
      "a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
  ),
);

/** Four DHT segments, as libjpeg writes them. */
export function huffmanSegments(): Uint8Array[] {
  const tables: [number, Table][] = [[0x00, DC_LUMA], [0x10, AC_LUMA], [0x01, DC_CHROMA], [
    0x11,
    AC_CHROMA,
  ]];
  return tables.map(([id, { bytes }]) => {
    const length = bytes.length + 3;
    return Uint8Array.from([0xff, 0xc4, length >> 8, length & 0xff, id, ...bytes]);
  });
}

/** Entropy-coded bytes, stuffed. */
export class BitWriter {
  #bytes: Uint8Array = new Uint8Array(1 << 16);
  #length = 0;
  #bits = 0;
  #count = 0;

  /** @param header Written as it is. */
  constructor(header: readonly number[]) {
    this.#bytes.set(header);
    this.#length = header.length;
  }

  /** Appends the lowest `count` bits of `value`; at most 16. */
  put(value: number, count: number): void {
    this.#bits = (this.#bits << count) | value;
    this.#count += count;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#byte((this.#bits >>> this.#count) & 0xff);
    }
    this.#bits &= (1 << this.#count) - 1;
  }

  /** A DC difference: its category, then its bits. */
  difference(codes: Table, value: number): void {
    const size = 32 - Math.clz32(Math.abs(value));
    this.put(codes.codes[size], codes.lengths[size]);
    if (size > 0) this.put(value > 0 ? value : value + (1 << size) - 1, size);
  }

  /** Five coefficients of plus or minus one, their signs in `signs`: code 00 and a sign bit each. */
  grain(signs: number): void {
    this.put(
      (signs & 16) << 8 | (signs & 8) << 6 | (signs & 4) << 4 | (signs & 2) << 2 | (signs & 1),
      15,
    );
  }

  /** Fills up the byte and writes RST`number`. */
  restart(number: number): void {
    this.#align();
    this.#reserve();
    this.#bytes[this.#length++] = 0xff;
    this.#bytes[this.#length++] = 0xd0 + number;
  }

  /** Everything written. */
  finish(): Uint8Array {
    this.#align();
    return this.#bytes.subarray(0, this.#length);
  }

  #align(): void {
    if (this.#count > 0) this.put((1 << (8 - this.#count)) - 1, 8 - this.#count);
  }

  #byte(value: number): void {
    this.#reserve();
    this.#bytes[this.#length++] = value;
    if (value === 0xff) this.#bytes[this.#length++] = 0;
  }

  #reserve(): void {
    if (this.#length + 2 <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
