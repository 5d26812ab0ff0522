// The one door to libvips (sharp): loaded when somebody first asks for another size, so that an edge
// that only passes frames on never pays for it, and one where it cannot load still serves them.

import { Buffer } from "node:buffer";
import type sharpModule from "sharp";
import { glyphPath, textWidth } from "../../shared/glyphs.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../core/platform.ts";

/** Quality of the JPEGs made here, 1 to 100. */
const QUALITY = 72;

/** Width of the drawing that a notice is laid out in. */
const NOTICE_WIDTH = 640;

/** Pictures come damaged from cameras: what is left of one says more than an error. */
const READ = { autoOrient: true, failOn: "none" } as const;

/** `ImageTools` by libvips. */
export class SharpTools implements ImageTools {
  readonly #jobs = new Set<Promise<unknown>>();
  #loading: Promise<typeof sharpModule> | undefined;
  readonly #load: () => Promise<typeof sharpModule>;

  /** @param load Default: imports sharp. */
  constructor(load: () => Promise<typeof sharpModule> = loadSharp) {
    this.#load = load;
  }

  /**
   * Loads libvips, once.
   *
   * @throws {ImagingUnavailable} Where it cannot be loaded; the same for every later call.
   */
  ready(): Promise<typeof sharpModule> {
    return this.#loading ??= this.#load().catch((cause) => {
      throw new ImagingUnavailable("Loading sharp failed: other sizes are not served here", {
        cause,
      });
    });
  }

  /** Resolves when no job is at work: libvips crashes a process that ends under it. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.allSettled(this.#jobs);
  }

  /** `jpeg` with `width` pixels across. */
  scale(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    return this.#job(this.#scale(jpeg, width));
  }

  /** The picture without its colours and dimmed, under lines of text. */
  notice(jpeg: Uint8Array<ArrayBuffer>, lines: readonly string[]): Promise<Picture> {
    return this.#job(this.#notice(jpeg, lines));
  }

  #job<T>(job: Promise<T>): Promise<T> {
    const kept = job.finally(() => this.#jobs.delete(kept));
    this.#jobs.add(kept);
    return kept;
  }

  async #scale(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    const sharp = await this.ready();
    const { data, info } = await sharp(jpeg, READ)
      .resize({ width, withoutEnlargement: true, fastShrinkOnLoad: true })
      .jpeg({ quality: QUALITY })
      .toBuffer({ resolveWithObject: true });
    return { jpeg: new Uint8Array(data), width: info.width, height: info.height };
  }

  async #notice(jpeg: Uint8Array<ArrayBuffer>, lines: readonly string[]): Promise<Picture> {
    const sharp = await this.ready();
    // In one go libvips would dim the text with the picture.
    const dimmed = await sharp(jpeg, READ)
      .greyscale()
      .linear(0.4, 8)
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = dimmed.info;
    const { data } = await sharp(dimmed.data, { raw: dimmed.info })
      .composite([{ input: Buffer.from(noticeSvg(width, height, lines)) }])
      .jpeg({ quality: QUALITY })
      .toBuffer({ resolveWithObject: true });
    return { jpeg: new Uint8Array(data), width, height };
  }
}

/** The lines as a drawing of the picture's size. Machines of this kind often have no fonts. */
export function noticeSvg(width: number, height: number, lines: readonly string[]): string {
  const tall = Math.round(NOTICE_WIDTH * height / width);
  const scales = lines.map((line, i) =>
    Math.min(i === 0 ? 5 : 3, (NOTICE_WIDTH - 64) / textWidth(line, 1))
  );
  const block = scales.reduce((sum, scale) => sum + scale * 11, 0);
  let y = (tall - block) / 2;
  const paths = lines.map((line, i) => {
    const scale = scales[i];
    const x = (NOTICE_WIDTH - textWidth(line, scale)) / 2;
    const path = glyphPath(line, { x, y, scale });
    y += scale * 11;
    return `<path fill="#fff" d="${path}"/>`;
  });
  const band = `<rect y="${(tall - block) / 2 - 24}" width="${NOTICE_WIDTH}" height="${
    block + 36
  }" fill="#000" fill-opacity=".55"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${NOTICE_WIDTH} ${tall}">${band}${paths.join("")}</svg>`;
}

async function loadSharp(): Promise<typeof sharpModule> {
  const sharp = (await import("sharp")).default;
  // One thread a picture and nothing kept: jobs are bounded by who asks for them.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}
