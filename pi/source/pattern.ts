// A camera for machines without one: a scene that moves under the sky of the hour, with clock and frame
// number. Only when asked for, never in place of a camera that is missing.

import type sharpModule from "sharp";
import type { Clock } from "../../shared/clock.ts";
import { drawText, type RgbPixels, textWidth } from "../../shared/glyphs.ts";
import type { Picture } from "../config.ts";
import { HARBOUR } from "./pattern_harbour.ts";
import { type Colour, type Light, lightAt } from "./pattern_light.ts";
import {
  type Drawing,
  GARDEN,
  type Scene,
  SCENE_HEIGHT,
  SCENE_WIDTH,
  SKY,
} from "./pattern_scene.ts";
import { type FrameSource, pacer } from "./source.ts";

export interface PatternOptions extends Pick<Picture, "width" | "height" | "fps" | "quality"> {
  /** Default the garden. */
  readonly scene?: SceneName;
}

const SCENES = { garden: GARDEN, harbour: HARBOUR } as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof SCENES;

export function createPattern(
  { clock }: { readonly clock: Clock },
  { width, height, fps, quality, scene }: PatternOptions,
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

/** A drawing with transparency, already as large as it is shown. */
interface Sprite {
  /** Four bytes a pixel. */
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** When, in Unix ms, and which frame, from 1. */
interface PatternMoment {
  readonly now: number;
  readonly frame: number;
}

const WHITE = [255, 255, 255] as const;
const SHADE = [30, 52, 76] as const;

/** In steps of so many ms the light changes. */
const LIGHT_MS = 20_000;

/** Where stars are: parts of the picture's width, and of the sky's height. */
const STARS: readonly (readonly [number, number])[] = Array.from({ length: 90 }, (_, i) => {
  return [(i * 0.6180339887) % 1, ((i * 0.7548776662) % 1) ** 1.4 * 0.9];
});

/**
 * Which, how high, how fast in scene pixels a second, how far at second 0. Two of a kind are half a way
 * apart, so that the sky is never empty.
 */
const CLOUDS = [
  ...[["wisp", 236, 5, 0], ["wisp", 330, 5, 820]] as const,
  ...[["cloud", 116, 12, 0], ["cloud", 300, 12, 850]] as const,
];

/** Draws the pictures of one size. */
export class PatternPicture {
  readonly #sharp: typeof sharpModule;
  readonly #scene: Scene;
  readonly #sprites: ReadonlyMap<string, Sprite>;
  readonly #scale: number;
  readonly #pixels: RgbPixels;
  /** Everything that does not move, in the light of `#lit`. */
  readonly #still: Uint8Array;
  #lit: number | undefined;
  /** What each value of a colour becomes in that light. */
  #tints: Tints = TRUE;

  private constructor(
    sharp: typeof sharpModule,
    scene: Scene,
    sprites: ReadonlyMap<string, Sprite>,
    { width, height }: { readonly width: number; readonly height: number },
  ) {
    this.#sharp = sharp;
    this.#scene = scene;
    this.#sprites = sprites;
    this.#scale = scaleFor(width, height);
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
    const scene = SCENES[name];
    const scale = scaleFor(width, height);
    const sprites = new Map<string, Sprite>();
    for (const [name, drawing] of Object.entries({ ...SKY, ...scene.drawings })) {
      const size = { width: drawing.width * scale, height: drawing.height * scale };
      sprites.set(name, await draw(sharp, drawing, size));
    }
    for (const name of ["land", "lamps"] as const) {
      const drawing = { width: SCENE_WIDTH, height: SCENE_HEIGHT, svg: scene[name] };
      sprites.set(name, await draw(sharp, drawing, { width, height }));
    }
    return new PatternPicture(sharp, scene, sprites, { width, height });
  }

  async jpeg(moment: PatternMoment, quality: number): Promise<Uint8Array> {
    const { width, height, data } = this.#pixels;
    this.#light(moment.now);
    data.set(this.#still);
    this.#drawClouds(moment.now / 1000);
    for (const [name, x, y] of this.#scene.actors(moment.now / 1000)) this.#blend(name, x, y);
    this.#drawLabels(moment);
    return await this.#sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality })
      .toBuffer();
  }

  /** Draws what stands still in the light of a moment. */
  #light(now: number): void {
    const step = Math.floor(now / LIGHT_MS);
    if (step === this.#lit) return;
    this.#lit = step;
    const date = new Date(step * LIGHT_MS);
    const light = lightAt(date.getHours() + date.getMinutes() / 60 + date.getSeconds() / 3600);
    this.#tints = tintsOf(light.land);
    this.#drawSky(light);
    const { moon, at, shine, dark } = light;
    const body = moon ? "moon" : "sun";
    const { width, height } = SKY[body];
    const [x, y] = [at.x * SCENE_WIDTH - width / 2, at.y * SCENE_HEIGHT - height / 2];
    this.#blend(body, x, y, { opacity: shine, tints: TRUE });
    const [left, top] = [this.#pixels.width, this.#pixels.height].map((pixels, i) => {
      return ([SCENE_WIDTH, SCENE_HEIGHT][i] - pixels / this.#scale) / 2;
    });
    this.#blend("land", left, top);
    this.#blend("lamps", left, top, { opacity: dark, tints: TRUE });
    this.#still.set(this.#pixels.data);
  }

  #drawSky({ sky: [high, middle, low], dark }: Light): void {
    const { width, height, data } = this.#pixels;
    const horizon = this.#scene.horizon * height;
    const row = new Uint8Array(3 * width);
    for (let y = 0; y < height; y++) {
      // What is below the horizon is mirrored.
      const part = 1 - Math.min(1, Math.abs(1 - y / horizon));
      const [from, to, at] = part < 0.55
        ? [high, middle, part / 0.55]
        : [middle, low, (part - 0.55) / 0.45];
      for (let i = 0; i < 3; i++) row[i] = from[i] + at * (to[i] - from[i]);
      for (let i = 3; i < row.length; i++) row[i] = row[i - 3];
      data.set(row, 3 * y * width);
    }
    const size = Math.max(1, Math.round(this.#scale * 2));
    for (const [i, [x, y]] of STARS.entries()) {
      const at = 3 * (Math.floor(y * horizon) * width + Math.floor(x * (width - size)));
      for (let dot = 0; dot < size * size; dot++) {
        const to = at + 3 * (Math.floor(dot / size) * width + dot % size);
        for (let c = to; c < to + 3; c++) data[c] += (255 - data[c]) * dark * (0.3 + i % 5 / 8);
      }
    }
  }

  #drawClouds(seconds: number): void {
    for (const [name, y, speed, start] of CLOUDS) {
      const { width } = SKY[name];
      const way = this.#scene.clouds + start + seconds * speed;
      this.#blend(name, way % (SCENE_WIDTH + width) - width, y, { behind: "land" });
    }
  }

  #drawLabels({ now, frame }: PatternMoment): void {
    const unit = Math.max(1, Math.round(this.#scale * 9));
    const small = Math.max(1, Math.round(this.#scale * 3));
    const margin = Math.round(this.#scale * 48);
    const { clock, tenths, day } = clockText(now);
    this.#write(clock, margin, margin, unit);
    const tenthsX = margin + textWidth(clock, unit) + unit;
    this.#write(tenths, tenthsX, margin + 7 * (unit - Math.ceil(unit / 2)), Math.ceil(unit / 2));
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
    { opacity = 1, tints = this.#tints, behind }: {
      readonly opacity?: number;
      readonly tints?: Tints;
      /** A drawing as large as the picture, which hides it. */
      readonly behind?: string;
    } = {},
  ): void {
    const { rgba, width, height } = this.#sprites.get(name)!;
    const { data, width: across, height: down } = this.#pixels;
    const [red, green, blue] = tints;
    const before = behind === undefined ? undefined : this.#sprites.get(behind)!.rgba;
    const strength = Math.round(256 * opacity);
    if (strength === 0) return;
    const left = Math.round((sceneX - SCENE_WIDTH / 2) * this.#scale + across / 2);
    const top = Math.round((sceneY - SCENE_HEIGHT / 2) * this.#scale + down / 2);
    const fromX = Math.max(0, -left);
    const toX = Math.min(width, across - left);
    for (let y = Math.max(0, -top); y < Math.min(height, down - top); y++) {
      let from = (y * width + fromX) * 4;
      let to = ((top + y) * across + left + fromX) * 3;
      for (let x = fromX; x < toX; x++, from += 4, to += 3) {
        let alpha = (rgba[from + 3] * strength) >> 8;
        if (before) alpha = (alpha * (256 - before[to / 3 * 4 + 3])) >> 8;
        if (alpha === 0) continue;
        data[to] += ((red[rgba[from]] - data[to]) * alpha) >> 8;
        data[to + 1] += ((green[rgba[from + 1]] - data[to + 1]) * alpha) >> 8;
        data[to + 2] += ((blue[rgba[from + 2]] - data[to + 2]) * alpha) >> 8;
      }
    }
  }
}

/** What each value of red, green and blue becomes. */
type Tints = readonly [Uint8Array, Uint8Array, Uint8Array];

function tintsOf([red, green, blue]: Colour): Tints {
  const tint = (most: number) => Uint8Array.from({ length: 256 }, (_, value) => value * most / 255);
  return [tint(red), tint(green), tint(blue)];
}

/** Of what shines itself. */
const TRUE = tintsOf([255, 255, 255]);

/** Pixels of the picture for one of the scene: it fills the picture. */
function scaleFor(width: number, height: number): number {
  return Math.max(width / SCENE_WIDTH, height / SCENE_HEIGHT);
}

async function draw(
  sharp: typeof sharpModule,
  { width, height, svg }: Drawing,
  size: { readonly width: number; readonly height: number },
): Promise<Sprite> {
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(size.width)}" ` +
    `height="${Math.round(size.height)}" viewBox="0 0 ${width} ${height}" ` +
    `preserveAspectRatio="xMidYMid slice">${svg}</svg>`;
  const { data, info } = await sharp(new TextEncoder().encode(text)).ensureAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  return { rgba: data, width: info.width, height: info.height };
}

/** This machine's own time, with its distance to UTC so that it can be compared anywhere. */
function clockText(now: number): { clock: string; tenths: string; day: string } {
  const date = new Date(now);
  // Everywhere as in "Sun Jun 07 2026 12:00:00 GMT+0200 (…)".
  const [weekday, month, day, year, clock, gmt] = date.toString().toUpperCase().split(" ");
  const zone = gmt === "GMT+0000" ? "UTC" : `UTC${gmt.slice(3, 6)}:${gmt.slice(6)}`;
  return {
    clock,
    tenths: `.${Math.floor(date.getMilliseconds() / 100)}`,
    day: `${weekday} ${Number(day)} ${month} ${year} ${zone}`,
  };
}
