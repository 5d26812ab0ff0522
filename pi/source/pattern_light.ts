// The hour of the day in the pattern camera's picture: the sky with sun, moon and stars, and how much
// light falls on what is below it. Times are the hours of a day without seasons.

import { SCENE_HEIGHT, SCENE_WIDTH } from "./pattern_scene.ts";

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
  const [[from, ...before], [to, ...after]] = [HOURS[next - 1], HOURS[next]];
  const part = (hour - from) / (to - from);
  const colour = (i: 0 | 1 | 2 | 3) => between(before[i], after[i], part);
  const moon = hour < SUNRISE || hour >= SUNSET;
  const up = moon ? 24 - SUNSET + SUNRISE : SUNSET - SUNRISE;
  const way = (hour - (moon ? SUNSET : SUNRISE) + 24) % 24 / up;
  return {
    sky: [colour(0), colour(1), colour(2)],
    land: colour(3),
    dark: before[4] + part * (after[4] - before[4]),
    at: { x: 0.12 + 0.76 * way, y: 0.66 - (moon ? 0.4 : 0.53) * Math.sin(Math.PI * way) },
    shine: Math.min(1, 14 * Math.min(way, 1 - way)),
    moon,
  };
}

function between(one: string, other: string, part: number): Colour {
  const byte = (at: number) => {
    const [from, to] = [one, other].map((hex) => parseInt(hex.slice(at, at + 2), 16));
    return from + part * (to - from);
  };
  return [byte(0), byte(2), byte(4)];
}

/** Both are drawn around their middle. */
const SUN = `<defs><radialGradient id="glow">
<stop offset="0" stop-color="#fff6dc" stop-opacity=".95"/>
<stop offset=".16" stop-color="#fff0d0" stop-opacity=".36"/>
<stop offset="1" stop-color="#ffe0b0" stop-opacity="0"/></radialGradient></defs>
<circle r="320" fill="url(#glow)"/><circle r="34" fill="#fff8e4"/>`;
const MOON = `<defs><radialGradient id="glow">
<stop offset=".2" stop-color="#dfe8ff" stop-opacity=".4"/>
<stop offset="1" stop-color="#dfe8ff" stop-opacity="0"/></radialGradient></defs>
<circle r="130" fill="url(#glow)"/><circle r="30" fill="#f1efe4"/>
<path fill="#d3d2cc" d="M-12-18a9 9 0 1 0 1 0zM12 0a6 6 0 1 0 1 0zM-6 10a5 5 0 1 0 1 0z"/>`;

/**
 * The sky as SVG.
 *
 * @param horizon How far down it goes, as a part of the height: below, it is mirrored.
 */
export function skyIn({ sky, dark, at, shine, moon }: Light, horizon: number): string {
  const bottom = horizon * SCENE_HEIGHT;
  const stops = sky.map((colour, i) =>
    `<stop offset="${[0, 0.55, 1][i]}" stop-color="rgb(${colour.map(Math.round)})"/>`
  );
  const stars = Array.from({ length: 90 }, (_, i) => {
    const x = (i * 0.6180339887) % 1 * SCENE_WIDTH;
    const y = ((i * 0.7548776662) % 1) ** 1.4 * 0.9 * bottom;
    return `<path d="M${x} ${y}h2v2h-2z" opacity="${dark * (0.3 + i % 5 / 8)}"/>`;
  });
  return `<linearGradient id="sky" y2="${bottom}" x2="0" gradientUnits="userSpaceOnUse"
spreadMethod="reflect">${stops.join("")}</linearGradient>
<rect width="1280" height="720" fill="url(#sky)"/>
<g fill="#fff">${stars.join("")}</g>
<g transform="translate(${at.x * SCENE_WIDTH} ${at.y * SCENE_HEIGHT})" opacity="${shine}">
${moon ? MOON : SUN}</g>`;
}
