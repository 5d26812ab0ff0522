// What the fake camera sees: a sky, a ball that moves, wall clock and frame number in letters, and
// both once more as a bar code that tests can read (stamp.ts).

import { forEachRun } from "../../glyphs.ts";
import { type BlockPicture, mcus } from "./jpeg.ts";

/** Bits of the bar code: wall clock in ms, then frame number. */
export const STAMP_BITS = { at: 48, frame: 24 } as const;

/** Blocks of a row of the bar code; it takes as many rows as its bits need, from the bottom up. */
export const STAMP_ROW = 36;

/** What a picture shows. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Counted from 1. */
  readonly frame: number;
  /** Unix ms. */
  readonly at: number;
  /** A lens cap: no sky, no letters, no bar code. */
  readonly black?: boolean;
}

/** Draws the scene. */
export function drawScene(scene: Scene): BlockPicture {
  const across = mcus(scene.width);
  const down = mcus(scene.height);
  const columns = across * 2;
  const rows = down * 2;
  const luma = new Uint8Array(columns * rows).fill(16);
  const cb = new Uint8Array(across * down).fill(128);
  const cr = new Uint8Array(across * down).fill(128);
  const picture = { width: scene.width, height: scene.height, luma, cb, cr };
  if (scene.black) return picture;
  for (let row = 0; row < rows; row++) {
    luma.fill(110 + Math.round(90 * row / rows), row * columns, (row + 1) * columns);
  }
  for (let row = 0; row < down; row++) {
    cb.fill(150 - Math.round(30 * row / down), row * across, (row + 1) * across);
    cr.fill(110 + Math.round(25 * row / down), row * across, (row + 1) * across);
  }
  const fill = (x: number, y: number, width: number, value: number) => {
    if (y < 0 || y >= rows) return;
    luma.fill(value, y * columns + Math.max(0, x), y * columns + Math.min(columns, x + width));
  };
  const ball = Math.abs(scene.frame % (2 * columns) - columns);
  for (let y = 0; y < 4; y++) fill(ball, Math.floor(rows / 2) + y, 4, 235);
  const clock = new Date(scene.at).toISOString().replace("T", " ").replace("Z", "");
  const lines = [columns >= 140 ? clock : clock.slice(11), `FRAME ${scene.frame}`];
  lines.forEach((line, index) => {
    forEachRun(line, (x, y, width) => fill(2 + x, 2 + index * 9 + y, width, 32));
  });
  if (columns >= STAMP_ROW + 2) {
    stampBits(scene).forEach((bit, index) => {
      const y = stampRow(scene.height, index);
      fill(1 + index % STAMP_ROW, y, 1, bit ? 235 : 16);
    });
  }
  return picture;
}

/** The row of blocks in which bit `index` of the bar code stands. */
export function stampRow(height: number, index: number): number {
  const total = Math.ceil((STAMP_BITS.at + STAMP_BITS.frame) / STAMP_ROW);
  return Math.floor(height / 8) - 1 - total + Math.floor(index / STAMP_ROW);
}

function stampBits(scene: Scene): boolean[] {
  const bits = (value: number, count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2 === 1);
  return [...bits(scene.at, STAMP_BITS.at), ...bits(scene.frame, STAMP_BITS.frame)];
}
