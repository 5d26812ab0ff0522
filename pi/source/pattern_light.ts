// The hour of the day in the pattern camera's picture: the colours of the sky, how much light falls on
// what is below it, and where sun and moon stand. Times are the hours of a day without seasons.

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

export interface Light {
  /** The sky from its top to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour];
  /** What of their own colours things show: 255 is all. */
  readonly land: Colour;
  /** 0 by day, 1 in the night. */
  readonly dark: number;
  /** Where the sun is, or at night the moon, as parts of the picture's width and height. */
  readonly at: { readonly x: number; readonly y: number };
  /** How strong it shines, 0 to 1: it fades where it rises and sets. */
  readonly shine: number;
  readonly moon: boolean;
}

const SUNRISE = 6;
const SUNSET = 20;

type Hour = readonly [hour: number, ...sky: [string, string, string], land: string, dark: number];

/** In between the light goes over from one to the next. */
const HOURS: readonly Hour[] = [
  [0, "0a1230", "16264f", "2b3d66", "2b3854", 1],
  [4.8, "0a1230", "16264f", "2b3d66", "2b3854", 1],
  [5.8, "23366a", "6f6a96", "e79a86", "6f6478", 0.5],
  [7.2, "35608f", "7ba6c4", "f7c59a", "fff6ec", 0],
  [10, "3a7cc0", "7fb5dd", "d3e6ea", "ffffff", 0],
  [16, "3a7cc0", "7fb5dd", "d9e4dc", "ffffff", 0],
  [18.8, "3f5f96", "b692a0", "f8ab66", "f3cfae", 0],
  [20, "26315f", "6a4f7c", "d4685c", "8a6a78", 0.45],
  [21.4, "0a1230", "16264f", "2b3d66", "2b3854", 1],
  [24, "0a1230", "16264f", "2b3d66", "2b3854", 1],
];

/** @param hour Of the day, 0 to 24, with its minutes as a part. */
export function lightAt(hour: number): Light {
  const next = Math.max(1, HOURS.findIndex(([from]) => from > hour));
  const [before, after] = [HOURS[next - 1], HOURS[next]];
  const part = (hour - before[0]) / (after[0] - before[0]);
  const colour = (i: 1 | 2 | 3 | 4): Colour => between(before[i], after[i], part);
  const moon = hour < SUNRISE || hour >= SUNSET;
  const up = moon ? 24 - SUNSET + SUNRISE : SUNSET - SUNRISE;
  const way = (hour - (moon ? SUNSET : SUNRISE) + 24) % 24 / up;
  return {
    sky: [colour(1), colour(2), colour(3)],
    land: colour(4),
    dark: before[5] + part * (after[5] - before[5]),
    at: { x: 0.12 + 0.76 * way, y: 0.66 - (moon ? 0.4 : 0.53) * Math.sin(Math.PI * way) },
    shine: Math.min(1, 14 * Math.min(way, 1 - way)),
    moon,
  };
}

function between(one: string, other: string, part: number): Colour {
  const mixed = [0, 2, 4].map((at) => {
    const [from, to] = [one, other].map((hex) => parseInt(hex.slice(at, at + 2), 16));
    return from + part * (to - from);
  });
  return mixed as unknown as Colour;
}
