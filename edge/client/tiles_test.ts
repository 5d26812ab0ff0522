import assert from "node:assert/strict";
import { GAP, layTiles } from "./tiles.ts";

const WORDS = 40;

/** What is left of screens for tiles. */
const ROOMS = {
  phone: { width: 358, height: 760 },
  flat: { width: 635, height: 290 },
  tablet: { width: 788, height: 1090 },
  desktop: { width: 1392, height: 810 },
  large: { width: 2512, height: 1350 },
};

/** Columns, rows, and whether all of them are on the screen. */
function laid(count: number, room: { width: number; height: number }): [number, number, boolean] {
  const { columns, width } = layTiles(count, room, WORDS);
  const rows = Math.ceil(count / columns);
  const high = rows * (width * 9 / 16 + WORDS) + (rows - 1) * GAP;
  return [columns, rows, high <= room.height + 0.5];
}

const CASES: readonly [keyof typeof ROOMS, number, readonly [number, number, boolean]][] = [
  ["desktop", 1, [1, 1, true]],
  ["desktop", 2, [2, 1, true]],
  ["desktop", 3, [2, 2, true]],
  ["desktop", 5, [3, 2, true]],
  ["desktop", 8, [3, 3, true]],
  ["desktop", 12, [4, 3, true]],
  ["desktop", 32, [7, 5, true]],
  ["large", 32, [7, 5, true]],
  ["tablet", 2, [1, 2, true]],
  ["tablet", 5, [2, 3, true]],
  ["tablet", 12, [3, 4, true]],
  ["tablet", 32, [4, 8, false]],
  ["phone", 3, [1, 3, true]],
  ["phone", 5, [2, 3, true]],
  ["phone", 10, [2, 5, true]],
  ["phone", 32, [2, 16, false]],
  ["flat", 2, [2, 1, true]],
  ["flat", 4, [2, 2, true]],
];

for (const [screen, count, wanted] of CASES) {
  Deno.test(`${count} cameras on a ${screen} are ${wanted[0]} beside each other`, () => {
    assert.deepEqual(laid(count, ROOMS[screen]), wanted);
  });
}

Deno.test("tiles are never wider than the screen, nor too narrow to see", () => {
  for (const room of Object.values(ROOMS)) {
    for (let count = 1; count <= 32; count++) {
      const { columns, width } = layTiles(count, room, WORDS);
      assert.ok(width >= 160, `${count} in ${room.width}: ${width}`);
      assert.ok(columns * width + (columns - 1) * GAP <= room.width, `${count} in ${room.width}`);
    }
  }
  assert.deepEqual(layTiles(3, { width: 120, height: 200 }, WORDS), { columns: 1, width: 120 });
});
