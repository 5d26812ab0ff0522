// The Huffman tables that a JPEG without its own means (ITU-T T.81, annex K.3.3). Many USB cameras
// leave them out; Chromium and ffmpeg fill them in, Safari paints nothing.

interface Table {
  /** Class (0 DC, 1 AC) in the high half, number in the low half. */
  readonly id: number;
  /** How many codes of 1 to 16 bits. */
  readonly bits: readonly number[];
  readonly values: readonly number[];
}

const DC_VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

const TABLES: readonly Table[] = [
  { id: 0x00, bits: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], values: DC_VALUES },
  {
    id: 0x10,
    bits: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
    values: hex(
      "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25" +
        "262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a" +
        "838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9ca" +
        "d2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    ),
  },
  { id: 0x01, bits: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], values: DC_VALUES },
  {
    id: 0x11,
    bits: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
    values: hex(
      "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f117" +
        "18191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778" +
        "797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7" +
        "c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
    ),
  },
];

/** The standard tables as one DHT segment, marker included: 420 bytes. */
export const STANDARD_DHT: Uint8Array<ArrayBuffer> = segment();

function segment(): Uint8Array<ArrayBuffer> {
  const body = TABLES.flatMap(({ id, bits, values }) => [id, ...bits, ...values]);
  const length = body.length + 2;
  return Uint8Array.from([0xff, 0xc4, length >> 8, length & 0xff, ...body]);
}

function hex(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}
