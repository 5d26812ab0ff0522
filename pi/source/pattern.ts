// A camera for machines without one: a scene that moves, with clock and frame number. Only when asked
// for, never in place of a camera that is missing.

import type sharpModule from "sharp";
import type { Clock } from "../../shared/clock.ts";
import { drawText, type RgbPixels, textWidth } from "../../shared/glyphs.ts";
import { BACKGROUND, SCENE_HEIGHT, SCENE_WIDTH, SPRITES } from "./pattern_scene.ts";
import type { FrameSource } from "./source.ts";

/** Size and pace of the pattern. */
export interface PatternOptions {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
  /** JPEG quality, 1 to 100. */
  readonly quality: number;
}

/** Makes the source. */
export function createPattern(
  { clock }: { readonly clock: Clock },
  { width, height, fps, quality }: PatternOptions,
): FrameSource {
  return {
    name: `pattern ${width}x${height} at ${fps} fps`,
    async run(signal, onBytes) {
      const picture = await PatternPicture.create(width, height);
      let due = clock.monotonic();
      for (let frame = 1; !signal.aborted; frame++) {
        onBytes(await picture.jpeg({ now: clock.now(), frame }, quality));
        due = nextDue(due, 1000 / fps, clock.monotonic());
        // An abort ends the wait, and then the loop.
        await clock.sleep(due - clock.monotonic(), signal).catch(() => {});
      }
    },
  };
}

/** When the next frame is due: a period after the last, but never in the past to be caught up with. */
function nextDue(last: number, period: number, now: number): number {
  return Math.max(last + period, now);
}

/** A drawing with transparency, already as large as it is shown. */
interface Sprite {
  /** Four bytes a pixel. */
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What a picture shows. */
export interface PatternMoment {
  /** Wall time, Unix ms. */
  readonly now: number;
  /** Counted from 1. */
  readonly frame: number;
}

type SpriteName = keyof typeof SPRITES;

const WHITE = [255, 255, 255] as const;
const SHADE = [30, 52, 76] as const;

/** Draws the pictures of one size. */
export class PatternPicture {
  readonly #sharp: typeof sharpModule;
  readonly #background: RgbPixels;
  readonly #pixels: RgbPixels;
  readonly #sprites: ReadonlyMap<SpriteName, Sprite>;
  readonly #scale: number;

  private constructor(
    sharp: typeof sharpModule,
    background: RgbPixels,
    sprites: ReadonlyMap<SpriteName, Sprite>,
    scale: number,
  ) {
    this.#sharp = sharp;
    this.#background = background;
    this.#pixels = { ...background, data: new Uint8Array(background.data.length) };
    this.#sprites = sprites;
    this.#scale = scale;
  }

  /** Draws what stays the same, once. Sharp is loaded here: only this source needs it. */
  static async create(width: number, height: number): Promise<PatternPicture> {
    const sharp: typeof sharpModule = (await import("sharp")).default;
    sharp.concurrency(1);
    sharp.cache(false);
    const scale = Math.max(width / SCENE_WIDTH, height / SCENE_HEIGHT);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${SCENE_WIDTH} ${SCENE_HEIGHT}" preserveAspectRatio="xMidYMid slice">${BACKGROUND}</svg>`;
    const data = await sharp(new TextEncoder().encode(svg)).removeAlpha().raw().toBuffer();
    const sprites = new Map<SpriteName, Sprite>();
    for (const name of Object.keys(SPRITES) as SpriteName[]) {
      sprites.set(name, await drawSprite(sharp, name, scale));
    }
    return new PatternPicture(sharp, { data, width, height }, sprites, scale);
  }

  /** The picture of a moment, as a JPEG. */
  async jpeg(moment: PatternMoment, quality: number): Promise<Uint8Array> {
    const { width, height, data } = this.#pixels;
    data.set(this.#background.data);
    this.#drawClouds(moment.now / 1000);
    this.#drawBird(moment.now / 1000);
    this.#drawLabels(moment);
    return await this.#sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality })
      .toBuffer();
  }

  #drawClouds(seconds: number): void {
    const clouds: readonly (readonly [SpriteName, number, number, number])[] = [
      // Which, how high, how fast in scene pixels a second, how far at second 0. Two of a kind are
      // half a way apart, so that the sky is never empty.
      ["wisp", 236, 5, 0],
      ["wisp", 330, 5, 820],
      ["cloud", 116, 12, 0],
      ["cloud", 300, 12, 850],
    ];
    for (const [name, y, speed, start] of clouds) {
      const way = SCENE_WIDTH + SPRITES[name].width;
      this.#blend(name, (start + seconds * speed) % way - SPRITES[name].width, y);
    }
  }

  #drawBird(seconds: number): void {
    // A round of 24 seconds: look about, hop along the branch and back, breathe, blink.
    const round = seconds % 24;
    const turned = (round > 7 && round < 9) || (round > 15 && round < 23);
    const along = hop(round, 8) - hop(round, 22);
    const jump = Math.sin(Math.PI * (hop(round, 8) % 1)) + Math.sin(Math.PI * (hop(round, 22) % 1));
    const blinking = round % 3.8 < 0.25;
    const name = turned ? "birdTurned" : blinking ? "birdBlinking" : "bird";
    const breath = Math.sin(seconds * 2.2) * 1.2;
    this.#blend(name, 880 + along * 46, 282 - along * 6 - jump * 26 + breath);
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

  /** Lays a sprite over the picture; the place is in scene pixels, what lies outside is cut off. */
  #blend(name: SpriteName, sceneX: number, sceneY: number): void {
    const { rgba, width, height } = this.#sprites.get(name)!;
    const { data, width: across, height: down } = this.#pixels;
    const left = Math.round((sceneX - SCENE_WIDTH / 2) * this.#scale + across / 2);
    const top = Math.round((sceneY - SCENE_HEIGHT / 2) * this.#scale + down / 2);
    const fromX = Math.max(0, -left);
    const toX = Math.min(width, across - left);
    for (let y = Math.max(0, -top); y < Math.min(height, down - top); y++) {
      let from = (y * width + fromX) * 4;
      let to = ((top + y) * across + left + fromX) * 3;
      for (let x = fromX; x < toX; x++, from += 4, to += 3) {
        const alpha = rgba[from + 3];
        if (alpha === 0) continue;
        data[to] += ((rgba[from] - data[to]) * alpha) >> 8;
        data[to + 1] += ((rgba[from + 1] - data[to + 1]) * alpha) >> 8;
        data[to + 2] += ((rgba[from + 2] - data[to + 2]) * alpha) >> 8;
      }
    }
  }
}

async function drawSprite(
  sharp: typeof sharpModule,
  name: SpriteName,
  scale: number,
): Promise<Sprite> {
  const { width, height, svg } = SPRITES[name];
  const size = `width="${Math.round(width * scale)}" height="${Math.round(height * scale)}"`;
  const text =
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}">${svg}</svg>`;
  const { data, info } = await sharp(new TextEncoder().encode(text)).ensureAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  return { rgba: data, width: info.width, height: info.height };
}

/** How far a hop that starts at `from` and takes half a second has come: 0 to 1. */
function hop(seconds: number, from: number): number {
  return Math.min(1, Math.max(0, (seconds - from) * 2));
}

const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");

/** This machine's own time, with its distance to UTC so that it can be compared anywhere. */
function clockText(now: number): { clock: string; tenths: string; day: string } {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, "0");
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const zone = offset === 0
    ? "UTC"
    : `UTC${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return {
    clock: [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":"),
    tenths: `.${Math.floor(date.getMilliseconds() / 100)}`,
    day: `${DAYS[date.getDay()]} ${date.getDate()} ${
      MONTHS[date.getMonth()]
    } ${date.getFullYear()} ${zone}`,
  };
}
