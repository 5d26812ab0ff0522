import assert from "node:assert/strict";
import { drawText, glyphRows, textWidth } from "./glyphs.ts";

function picture(text: string): string[] {
  const width = textWidth(text, 1);
  const pixels = { data: new Uint8Array(width * 7 * 3), width, height: 7 };
  drawText(pixels, text, { x: 0, y: 0, scale: 1, colour: [255, 0, 0] });
  const dots = Array.from({ length: width * 7 }, (_, i) => pixels.data[3 * i] ? "#" : ".");
  return Array.from({ length: 7 }, (_, y) => dots.slice(y * width, (y + 1) * width).join(""));
}

Deno.test("text is drawn as dots, five by seven a character and one apart", () => {
  const rows =
    "#####...... ....#..##.. ...#...##.. ..#........ .#.....##.. .#.....##.. .#.........";
  assert.deepEqual(picture("7:"), rows.split(" "));
});

Deno.test("every letter and digit has a shape of its own", () => {
  const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-+/#%()!?'_°";
  const shapes = new Set([...chars].map((char) => glyphRows(char).join()));
  assert.equal(shapes.size, [...chars].length);
});

Deno.test("small letters are drawn as capitals and what the font lacks as a box", () => {
  assert.deepEqual(glyphRows("q"), glyphRows("Q"));
  assert.deepEqual([...glyphRows("€")], [31, 17, 17, 17, 17, 17, 31]);
});

Deno.test("text that runs out of the picture is cut off, not wrapped", () => {
  const pixels = { data: new Uint8Array(8 * 8 * 3), width: 8, height: 8 };
  drawText(pixels, "HH", { x: -2, y: 5, scale: 2, colour: [9, 9, 9] });
  drawText(pixels, "HH", { x: 6, y: -4, scale: 2, colour: [9, 9, 9] });
  const row = (y: number) =>
    [...pixels.data.subarray(y * 24, y * 24 + 24)].filter((_, i) => i % 3 === 0);
  assert.deepEqual(row(4), [0, 0, 0, 0, 0, 0, 9, 9]);
  assert.deepEqual(row(7), [0, 0, 0, 0, 0, 0, 9, 9]);
});
