// Letters without a font: Raspberry Pi OS Lite has none installed, so text in pictures is drawn from
// these 5 by 7 dots, straight into pixels.

/** Dots across one character. */
const GLYPH_WIDTH = 5;

/** Dots from one character's left edge to the next one's. */
const GLYPH_ADVANCE = 6;

/** Seven rows of five dots a character, two hexadecimal digits a row, the leftmost dot as 16. */
// deno-fmt-ignore
const FONT: Readonly<Record<string, string>> = {
  " ": "00000000000000", "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010204081f",
  "3": "1f02040201110e", "4": "02060a121f0202", "5": "1f101e0101110e", "6": "0608101e11110e",
  "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c", "A": "0e11111f111111",
  "B": "1e11111e11111e", "C": "0e11101010110e", "D": "1c12111111121c", "E": "1f10101e10101f",
  "F": "1f10101e101010", "G": "0e11101711110f", "H": "1111111f111111", "I": "0e04040404040e",
  "J": "0702020202120c", "K": "11121418141211", "L": "1010101010101f", "M": "111b1515111111",
  "N": "11111915131111", "O": "0e11111111110e", "P": "1e11111e101010", "Q": "0e11111115120d",
  "R": "1e11111e141211", "S": "0f10100e01011e", "T": "1f040404040404", "U": "1111111111110e",
  "V": "11111111110a04", "W": "1111111515150a", "X": "11110a040a1111", "Y": "1111110a040404",
  "Z": "1f01020408101f", ".": "00000000000c0c", ",": "0000000c040408", ":": "000c0c000c0c00",
  "-": "0000001f000000", "+": "0004041f040400", "/": "00010204081000", "#": "0a0a1f0a1f0a0a",
  "%": "18190204081303", "(": "02040808080402", ")": "08040202020408", "!": "04040404000004",
  "?": "0e110102040004", "'": "0c040800000000", "_": "0000000000001f", "°": "0c12120c000000",
};

/** A box around the characters that are not in the font, so that they are seen to be missing. */
const UNKNOWN = "1f11111111111f";

/**
 * The rows of a character from the top, each a number of five bits, the leftmost dot as 16.
 *
 * @param char One character; small letters are drawn as capitals.
 */
export function glyphRows(char: string): Uint8Array {
  return Uint8Array.fromHex(FONT[char.toUpperCase()] ?? UNKNOWN);
}

/** How wide `text` is in pixels, without the gap after its last character. */
export function textWidth(text: string, scale: number): number {
  return Math.max(0, [...text].length * GLYPH_ADVANCE - 1) * scale;
}

/** Raw pixels. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Where text goes and how large: `scale` pixels a dot; `x` and `y` are the top left corner. */
interface TextOptions {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** As many numbers as a pixel has bytes. */
  readonly colour: readonly number[];
}

/** Draws `text` into `pixels`; what lies outside is cut off. */
export function drawText(pixels: Pixels, text: string, options: TextOptions): void {
  const { x: left, y: top, scale, colour } = options;
  const { data, width, height } = pixels;
  const fill = (fromX: number, fromY: number, across: number) => {
    const [toX, toY] = [Math.min(width, fromX + across), Math.min(height, fromY + scale)];
    for (let y = Math.max(0, fromY); y < toY; y++) {
      for (let x = Math.max(0, fromX); x < toX; x++) {
        data.set(colour, (y * width + x) * colour.length);
      }
    }
  };
  [...text].forEach((char, index) => {
    glyphRows(char).forEach((bits, row) => {
      for (let x = 0; x < GLYPH_WIDTH; x++) {
        const start = x;
        while (x < GLYPH_WIDTH && bits & (16 >> x)) x++;
        const dots = index * GLYPH_ADVANCE + start;
        fill(left + dots * scale, top + row * scale, (x - start) * scale);
      }
    });
  });
}
