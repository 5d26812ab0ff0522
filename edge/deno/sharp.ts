// The one door to libvips (sharp): loaded when somebody first asks for another size, so that an edge
// that only passes frames on never pays for it, and one where it cannot load still serves them.

import type sharpModule from "sharp";
import { drawText, type Pixels, textWidth } from "../../shared/glyphs.ts";
import { turns } from "../core/limits/limits.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../core/platform.ts";

/** Quality of the JPEGs made here, 1 to 100. */
const QUALITY = 72;
/** Of pictures that are only glanced at. */
const ROW_QUALITY = 60;

/** Width of a picture for which sizes of a notice are given. */
const NOTICE_WIDTH = 640;

/**
 * Pictures come damaged from cameras: what is left of one says more than an error, however much is
 * wrong with it. How many scans one may have is looked at when it comes in.
 */
const READ = {
  autoOrient: true,
  failOn: "none",
  unlimited: true,
  limitInputPixels: 100_000_000,
} as const;

/** A progressive JPEG is in memory as a whole while it is read, at 6 bytes a pixel. */
const MAX_PROGRESSIVE_PIXELS = 25_000_000;

/** Pictures of more are read one at a time. */
const MANY_PIXELS = 16_000_000;
const MANY_PROGRESSIVE_PIXELS = 4_000_000;

/** A notice is at most so wide: it is drawn without being asked for. */
const MAX_NOTICE_WIDTH = 1280;

type Sharp = typeof sharpModule;

export class SharpTools implements ImageTools {
  readonly #jobs = new Set<Promise<unknown>>();
  /** One at a time, with no end to who may wait. */
  readonly #alone = turns(1, Infinity, "", 0);
  #loading: Promise<Sharp> | undefined;
  #stopping = false;
  readonly #load: () => Promise<Sharp>;
  readonly #onMissing: (error: unknown) => void;

  /**
   * @param load Default: imports sharp.
   * @param onMissing Told once why it cannot be loaded.
   */
  constructor(load: () => Promise<Sharp> = loadSharp, onMissing = (_: unknown) => {}) {
    this.#load = load;
    this.#onMissing = onMissing;
  }

  /**
   * Loads libvips, once.
   *
   * @throws {ImagingUnavailable} Where it cannot be loaded; the same for every later call.
   */
  ready(): Promise<Sharp> {
    return this.#loading ??= this.#load().catch((cause) => {
      this.#onMissing(cause);
      throw new ImagingUnavailable("Loading sharp failed: other sizes are not served here", {
        cause,
      });
    });
  }

  /** As `ImageTools.stop`: libvips crashes a process that ends under it, and jobs may be many. */
  async stop(): Promise<void> {
    this.#stopping = true;
    while (this.#jobs.size > 0) await Promise.allSettled(this.#jobs);
  }

  scale(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    return this.#job(jpeg, async (sharp) => {
      const { data, info } = await sharp(jpeg, READ)
        .resize({ width, withoutEnlargement: true, fastShrinkOnLoad: true })
        .jpeg({ quality: QUALITY })
        .toBuffer({ resolveWithObject: true });
      return { jpeg: new Uint8Array(data), width: info.width, height: info.height };
    });
  }

  row(pictures: readonly (Picture | undefined)[]): Promise<Picture> {
    const last = pictures.findLast((picture) => picture !== undefined)!;
    return this.#job(last.jpeg, async (sharp) => {
      const { width, height } = last;
      const size = { width, height, channels: 3 } as const;
      const inputs = [];
      for (const [i, picture] of pictures.entries()) {
        if (!picture) continue;
        const image = sharp(picture.jpeg, READ).resize(width, height).toColourspace("srgb");
        inputs.push({ input: await image.raw().toBuffer(), raw: size, left: i * width, top: 0 });
      }
      const create = { ...size, width: width * pictures.length, background: "#000" };
      const row = sharp({ create }).composite(inputs).jpeg({ quality: ROW_QUALITY });
      return { jpeg: new Uint8Array(await row.toBuffer()), width: create.width, height };
    });
  }

  /**
   * The picture without its colours and dimmed, under lines of text. One at a time: cameras of one
   * network fall silent together.
   */
  notice(jpeg: Uint8Array<ArrayBuffer>, lines: readonly string[]): Promise<Picture> {
    return this.#job(jpeg, async (sharp) => {
      const dimmed = await sharp(jpeg, READ)
        .resize({ width: MAX_NOTICE_WIDTH, withoutEnlargement: true, fastShrinkOnLoad: true })
        .greyscale()
        .linear(0.4, 8)
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height } = dimmed.info;
      writeNotice({ data: dimmed.data, width, height }, lines);
      const noticed = sharp(dimmed.data, { raw: dimmed.info }).toColourspace("srgb");
      const data = await noticed.jpeg({ quality: QUALITY }).toBuffer();
      return { jpeg: new Uint8Array(data), width, height };
    }, true);
  }

  #job<T>(jpeg: Uint8Array, work: (sharp: Sharp) => Promise<T>, alone = false): Promise<T> {
    const job: Promise<T> = this.#start(jpeg, work, alone).finally(() => this.#jobs.delete(job));
    this.#jobs.add(job);
    return job;
  }

  async #start<T>(
    jpeg: Uint8Array,
    work: (sharp: Sharp) => Promise<T>,
    alone: boolean,
  ): Promise<T> {
    const sharp = await this.ready();
    const { width, height, isProgressive } = await sharp(jpeg, READ).metadata();
    const pixels = width * height;
    if (isProgressive && pixels > MAX_PROGRESSIVE_PIXELS) {
      throw new Error(`A progressive picture of ${width}x${height} pixels is passed on only`);
    }
    const begin = async () => {
      if (this.#stopping) throw new Error("Change a picture: the edge is shutting down");
      return await work(sharp);
    };
    const many = isProgressive ? MANY_PROGRESSIVE_PIXELS : MANY_PIXELS;
    return await (alone || pixels > many ? this.#alone(begin) : begin());
  }
}

/** Writes lines on a dark band across the middle, in pixels of one byte. Machines of this kind often have no fonts. */
function writeNotice(pixels: Pixels, lines: readonly string[]): void {
  const { data, width, height } = pixels;
  const unit = width / NOTICE_WIDTH;
  const scales = lines.map((line, i) => {
    const most = Math.min((i === 0 ? 5 : 3) * unit, (width - 64 * unit) / textWidth(line, 1));
    return Math.max(1, Math.floor(most));
  });
  const block = scales.reduce((sum, scale) => sum + scale * 11, 0);
  let y = Math.round((height - block) / 2);
  const from = Math.max(0, Math.round(y - 24 * unit));
  const band = data.subarray(width * from, width * Math.round(y + block + 12 * unit));
  for (const [i, value] of band.entries()) band[i] = 0.45 * value;
  for (const [i, line] of lines.entries()) {
    const scale = scales[i];
    const x = Math.round((width - textWidth(line, scale)) / 2);
    drawText(pixels, line, { x, y, scale, colour: [255] });
    y += scale * 11;
  }
}

async function loadSharp(): Promise<Sharp> {
  const sharp = (await import("sharp")).default;
  // One thread a picture and nothing kept: jobs are bounded by who asks for them.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}
