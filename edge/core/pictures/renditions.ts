// Smaller pictures of a frame: one job per version and width however many ask, a bounded number of
// jobs at a time, and a bounded memory of the results.

import { Turns } from "../limits/limits.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../platform.ts";
import { problemException } from "../problem.ts";

/** Bytes of results that are kept. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** Jobs at work at the same time. */
const MAX_JOBS = 2;
/** Jobs at work or waiting; more are refused. */
const MAX_QUEUED = 64;

/** What is to be scaled. */
export interface Source extends Picture {
  readonly cam: string;
  readonly version: number;
}

/** Makes and keeps smaller pictures. */
export class Renditions {
  /** Results made so far. */
  made = 0;
  readonly #images: ImageTools | undefined;
  readonly #kept = new Map<string, Picture>();
  readonly #underWay = new Map<string, Promise<Picture>>();
  readonly #turns = new Turns(
    MAX_JOBS,
    MAX_QUEUED,
    () =>
      problemException(503, "Too many pictures are being made: ask again, or without w.", {
        retryAfter: 1,
      }),
  );
  #keptBytes = 0;

  constructor(images: ImageTools | undefined) {
    this.#images = images;
  }

  /** Resolves when pictures can be made. @throws {ImagingUnavailable} Where they cannot. */
  async ready(): Promise<void> {
    await this.#images?.ready();
  }

  /**
   * `source` at most `width` pixels across; itself where it is not larger, or libvips cannot read it.
   *
   * @throws {ImagingUnavailable} Where libvips cannot be loaded.
   * @throws 503 where too many are waiting already.
   */
  async get(source: Source, width: number): Promise<Picture> {
    const images = this.#images;
    if (!images || source.width <= width) return source;
    const key = `${source.cam} ${source.version} ${width}`;
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    let job = this.#underWay.get(key);
    if (!job) {
      job = this.#turns.run(() => this.#make(images, source, width))
        .then((picture) => this.#keep(key, picture))
        .finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, job);
    }
    return await job;
  }

  async #make(images: ImageTools, source: Source, width: number): Promise<Picture> {
    try {
      const picture = await images.scale(source.jpeg, width);
      this.made++;
      return picture;
    } catch (error) {
      if (error instanceof ImagingUnavailable) throw error;
      // Kept as any result: it would fail again. A browser may still show it.
      return source;
    }
  }

  #keep(key: string, picture: Picture): Picture {
    this.#kept.set(key, picture);
    this.#keptBytes += picture.jpeg.length;
    for (const [oldest, { jpeg }] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= jpeg.length;
    }
    return picture;
  }
}
