// A camera for machines without one: a scene that moves under the sky of the hour, with clock and frame
// number. Only when asked for, never in place of a camera that is missing.

import type sharpModule from "sharp";
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
      const picture = await PatternPicture.create(width, height, scene);
      const next = pacer(clock);
      for (let frame = 1; !signal.aborted; frame++) {
        onBytes(await picture.jpeg({ now: clock.now(), frame }, quality));
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

/** Draws the pictures of one size. */
export class PatternPicture {
  readonly #sharp: typeof sharpModule;
  readonly #scene: Scene;
  readonly #sprites = new Map<string, Sprite>();
  /** Pixels of the picture for one of the scene, which fills the picture. */
  readonly #scale: number;
  /** What of the scene is in the picture. */
  readonly #box: Box;
  readonly #pixels: Pixels;
  /** Everything that does not move, in the light of `#lit`. */
  readonly #still: Uint8Array;
  #lit: number | undefined;
  #land: Colour = WHITE;

  private constructor(sharp: typeof sharpModule, scene: Scene, width: number, height: number) {
    this.#sharp = sharp;
    this.#scene = scene;
    this.#scale = Math.max(width / SCENE_WIDTH, height / SCENE_HEIGHT);
    const [across, down] = [width / this.#scale, height / this.#scale];
    const [x, y] = [(SCENE_WIDTH - across) / 2, (SCENE_HEIGHT - down) / 2];
    this.#box = { x, y, width: across, height: down };
    this.#pixels = { data: new Uint8Array(3 * width * height), width, height };
    this.#still = new Uint8Array(3 * width * height);
  }

  /** Draws what pictures are made of, once. Sharp is loaded here: only this source needs it. */
  static async create(
    width: number,
    height: number,
    name: SceneName = "garden",
  ): Promise<PatternPicture> {
    const sharp: typeof sharpModule = (await import("sharp")).default;
    sharp.concurrency(1);
    sharp.cache(false);
    const scene: Scene = SCENES[name];
    const picture = new PatternPicture(sharp, scene, width, height);
    for (const [name, drawing] of Object.entries({ ...CLOUDS, ...scene.drawings })) {
      await picture.#draw(name, drawing.svg, { x: 0, y: 0, ...drawing });
    }
    for (const name of ["land", "lamps"] as const) await picture.#draw(name, scene[name]);
    return picture;
  }

  async #draw(name: string, svg: string, box = this.#box): Promise<void> {
    const [width, height] = [box.width, box.height].map((size) => Math.round(size * this.#scale));
    const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="${box.x} ${box.y} ${box.width} ${box.height}">${svg}</svg>`;
    const rgba = await this.#sharp(new TextEncoder().encode(text)).ensureAlpha().raw().toBuffer();
    this.#sprites.set(name, { rgba, width, height });
  }

  async jpeg({ now, frame }: PatternMoment, quality: number): Promise<Uint8Array> {
    const { width, height, data } = this.#pixels;
    await this.#light(now);
    data.set(this.#still);
    for (const [name, y, speed, start] of DRIFTING) {
      const cloud = CLOUDS[name].width;
      const way = this.#scene.clouds + start + now / 1000 * speed;
      this.#blend(name, way % (SCENE_WIDTH + cloud) - cloud, y, { behind: "land" });
    }
    for (const [name, x, y] of this.#scene.actors(now / 1000)) this.#blend(name, x, y);
    this.#drawLabels({ now, frame });
    return await this.#sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality })
      .toBuffer();
  }

  /** Draws what stands still in the light of a moment. */
  async #light(now: number): Promise<void> {
    const step = Math.floor(now / LIGHT_MS);
    if (step === this.#lit) return;
    this.#lit = step;
    const date = new Date(step * LIGHT_MS);
    const light = lightAt(date.getHours() + date.getMinutes() / 60 + date.getSeconds() / 3600);
    await this.#draw("sky", skyIn(light, this.#scene.horizon));
    this.#land = light.land;
    const { x, y } = this.#box;
    this.#blend("sky", x, y, { light: WHITE });
    this.#blend("land", x, y);
    this.#blend("lamps", x, y, { light: WHITE, opacity: light.dark });
    this.#still.set(this.#pixels.data);
  }

  #drawLabels({ now, frame }: PatternMoment): void {
    const unit = Math.max(1, Math.round(this.#scale * 9));
    const small = Math.max(1, Math.round(this.#scale * 3));
    const margin = Math.round(this.#scale * 48);
    const [clock, day] = clockText(now);
    this.#write(clock, margin, margin, unit);
    this.#write(day, margin, margin + unit * 9, small);
    const bottom = this.#pixels.height - Math.round(margin / 1.6) - 7 * small;
    this.#write("TEST PATTERN", margin, bottom, small);
    const number = `FRAME ${frame}`;
    this.#write(number, this.#pixels.width - margin - textWidth(number, small), bottom, small);
  }

  #write(text: string, x: number, y: number, scale: number): void {
    const shift = Math.max(1, Math.round(scale / 4));
    drawText(this.#pixels, text, { x: x + shift, y: y + shift, scale, colour: SHADE });
    drawText(this.#pixels, text, { x, y, scale, colour: WHITE });
  }

  /** Lays a drawing over the picture; the place is in scene pixels, what lies outside is cut off. */
  #blend(
    name: string,
    sceneX: number,
    sceneY: number,
    { opacity = 1, light = this.#land, behind }: {
      readonly opacity?: number;
      /** What falls on it. */
      readonly light?: Colour;
      /** A drawing as large as the picture, which hides it. */
      readonly behind?: string;
    } = {},
  ): void {
    const { rgba, width, height } = this.#sprites.get(name)!;
    const { data, width: across, height: down } = this.#pixels;
    const [red, green, blue] = light.map((most) => Math.round(most * 256 / 255));
    const before = behind && this.#sprites.get(behind)!.rgba;
    const strength = Math.round(256 * opacity);
    const left = Math.round((sceneX - this.#box.x) * this.#scale);
    const top = Math.round((sceneY - this.#box.y) * this.#scale);
    const fromX = Math.max(0, -left);
    const toX = Math.min(width, across - left);
    for (let y = Math.max(0, -top); y < Math.min(height, down - top); y++) {
      let from = (y * width + fromX) * 4;
      let to = ((top + y) * across + left + fromX) * 3;
      for (let x = fromX; x < toX; x++, from += 4, to += 3) {
        // Of 256, so that nothing of what was there shines through.
        let alpha = ((rgba[from + 3] + (rgba[from + 3] >> 7)) * strength) >> 8;
        if (before) alpha = (alpha * (256 - before[to / 3 * 4 + 3])) >> 8;
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
