// A camera for machines without one: a scene that moves under the sky of the hour, with clock and frame
// number. Only when asked for, never in place of a camera that is missing.

import type { Clock } from "../../shared/clock.ts";
import { drawText, type Pixels, textWidth } from "../../shared/glyphs.ts";
import type { Picture } from "../config.ts";
import { HARBOUR } from "./pattern_harbour.ts";
import { type Colour, lightAt, skyIn } from "./pattern_light.ts";
import { CLOUDS, GARDEN, type Scene, SCENE_HEIGHT, SCENE_WIDTH } from "./pattern_scene.ts";
import { type FrameSource, pacer } from "./source.ts";

const SCENES = { garden: GARDEN, harbour: HARBOUR };

export type SceneName = keyof typeof SCENES;

export function createPattern(
  { clock }: { readonly clock: Clock },
  { width, height, fps, quality }: Picture,
  scene?: SceneName,
): FrameSource {
  return {
    name: `pattern ${width}x${height} at ${fps} fps`,
    async run(signal, onBytes) {
      const draw = await createPicture(width, height, scene);
      const next = pacer(clock);
      for (let frame = 1; !signal.aborted; frame++) {
        onBytes(await draw({ now: clock.now(), frame }, quality));
        await next(1000 / fps, signal);
      }
    },
  };
}

/** A drawing with transparency, four bytes a pixel, as large as it is shown. */
interface Sprite {
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** In pixels of the scene. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** When, in Unix ms, and which frame, from 1. */
interface PatternMoment {
  readonly now: number;
  readonly frame: number;
}

const WHITE: Colour = [255, 255, 255];
const SHADE: Colour = [30, 52, 76];

/** In steps of so many ms the light changes. */
const LIGHT_MS = 20_000;

/**
 * Which, how high, how fast in scene pixels a second, how far at second 0. Two of a kind are half a way
 * apart, so that the sky is never empty.
 */
const DRIFTING = [
  ...[["wisp", 236, 5, 0], ["wisp", 330, 5, 820]] as const,
  ...[["cloud", 116, 12, 0], ["cloud", 300, 12, 850]] as const,
];

/**
 * Draws what the pictures of one size are made of, once.
 *
 * @returns What draws one. Sharp is loaded here: only this source needs it.
 */
export async function createPicture(
  width: number,
  height: number,
  name: SceneName = "garden",
): Promise<(moment: PatternMoment, quality: number) => Promise<Uint8Array>> {
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  const scene: Scene = SCENES[name];
  const sprites = new Map<string, Sprite>();
  /** Pixels of the picture for one of the scene, which fills the picture. */
  const scale = Math.max(width / SCENE_WIDTH, height / SCENE_HEIGHT);
  const [across, down] = [width / scale, height / scale];
  const [left, top] = [(SCENE_WIDTH - across) / 2, (SCENE_HEIGHT - down) / 2];
  /** What of the scene is in the picture. */
  const box: Box = { x: left, y: top, width: across, height: down };
  const data = new Uint8Array(3 * width * height);
  const pixels: Pixels = { data, width, height };
  /** Everything that does not move, in the light of `lit`. */
  const still = new Uint8Array(data.length);
  let lit: number | undefined;
  let land = WHITE;

  for (const [name, drawing] of Object.entries({ ...CLOUDS, ...scene.drawings })) {
    await draw(name, drawing.svg, { x: 0, y: 0, ...drawing });
  }
  for (const name of ["land", "lamps"] as const) await draw(name, scene[name]);

  return async ({ now, frame }, quality) => {
    await light(now);
    data.set(still);
    for (const [name, y, speed, start] of DRIFTING) {
      const cloud = CLOUDS[name].width;
      const way = scene.clouds + start + now / 1000 * speed;
      blend(name, way % (SCENE_WIDTH + cloud) - cloud, y, { behind: "land" });
    }
    for (const [name, x, y] of scene.actors(now / 1000)) blend(name, x, y);
    drawLabels(now, frame);
    return await sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality }).toBuffer();
  };

  async function draw(name: string, svg: string, of = box): Promise<void> {
    const [width, height] = [of.width, of.height].map((size) => Math.round(size * scale));
    const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="${of.x} ${of.y} ${of.width} ${of.height}">${svg}</svg>`;
    const rgba = await sharp(new TextEncoder().encode(text)).ensureAlpha().raw().toBuffer();
    sprites.set(name, { rgba, width, height });
  }

  /** Draws what stands still in the light of a moment. */
  async function light(now: number): Promise<void> {
    const step = Math.floor(now / LIGHT_MS);
    if (step === lit) return;
    lit = step;
    const date = new Date(step * LIGHT_MS);
    const light = lightAt(date.getHours() + date.getMinutes() / 60 + date.getSeconds() / 3600);
    await draw("sky", skyIn(light, scene.horizon));
    land = light.land;
    blend("sky", left, top, { light: WHITE });
    blend("land", left, top);
    blend("lamps", left, top, { light: WHITE, opacity: light.dark });
    still.set(data);
  }

  function drawLabels(now: number, frame: number): void {
    // An upright picture is as narrow as the clock at most.
    const size = Math.min(scale, width / 640);
    const unit = Math.max(1, Math.round(size * 9));
    const small = Math.max(1, Math.round(size * 3));
    const margin = Math.round(size * 48);
    const [clock, day] = clockText(now);
    write(clock, margin, margin, unit);
    write(day, margin, margin + unit * 9, small);
    const bottom = height - Math.round(margin / 1.6) - 7 * small;
    write("TEST PATTERN", margin, bottom, small);
    const number = `FRAME ${frame}`;
    write(number, width - margin - textWidth(number, small), bottom, small);
  }

  function write(text: string, x: number, y: number, scale: number): void {
    const shift = Math.max(1, Math.round(scale / 4));
    drawText(pixels, text, { x: x + shift, y: y + shift, scale, colour: SHADE });
    drawText(pixels, text, { x, y, scale, colour: WHITE });
  }

  /** Lays a drawing over the picture; the place is in scene pixels, what lies outside is cut off. */
  function blend(
    name: string,
    sceneX: number,
    sceneY: number,
    { opacity = 1, light = land, behind }: {
      readonly opacity?: number;
      /** What falls on it. */
      readonly light?: Colour;
      /** A drawing as large as the picture, which hides it. */
      readonly behind?: string;
    } = {},
  ): void {
    const sprite = sprites.get(name)!;
    const { rgba } = sprite;
    const [red, green, blue] = light.map((most) => Math.round(most * 256 / 255));
    const before = behind && sprites.get(behind)!.rgba;
    const strength = Math.round(256 * opacity);
    const right = Math.round((sceneX - left) * scale);
    const below = Math.round((sceneY - top) * scale);
    const fromX = Math.max(0, -right);
    const toX = Math.min(sprite.width, width - right);
    for (let y = Math.max(0, -below); y < Math.min(sprite.height, height - below); y++) {
      let from = (y * sprite.width + fromX) * 4;
      let to = ((below + y) * width + right + fromX) * 3;
      for (let x = fromX; x < toX; x++, from += 4, to += 3) {
        // Of 256, so that nothing of what was there shines through.
        let alpha = ((rgba[from + 3] + (rgba[from + 3] >> 7)) * strength) >> 8;
        if (before) alpha = (alpha * (255 - before[to / 3 * 4 + 3])) >> 8;
        if (alpha === 0) continue;
        data[to] += (((rgba[from] * red >> 8) - data[to]) * alpha) >> 8;
        data[to + 1] += (((rgba[from + 1] * green >> 8) - data[to + 1]) * alpha) >> 8;
        data[to + 2] += (((rgba[from + 2] * blue >> 8) - data[to + 2]) * alpha) >> 8;
      }
    }
  }
}

/** This machine's own time, with its distance to UTC so that it can be compared anywhere. */
function clockText(now: number): [clock: string, day: string] {
  const date = new Date(now);
  // Everywhere as in "Sun Jun 07 2026 12:00:00 GMT+0200 (…)".
  const [weekday, month, day, year, clock, gmt] = date.toString().toUpperCase().split(" ");
  const zone = gmt === "GMT+0000" ? "UTC" : `UTC${gmt.slice(3, 6)}:${gmt.slice(6)}`;
  const tenths = Math.floor(date.getMilliseconds() / 100);
  return [`${clock}.${tenths}`, `${weekday} ${Number(day)} ${month} ${year} ${zone}`];
}
