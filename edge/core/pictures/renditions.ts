// Smaller pictures of a frame: one job per version and width however many ask, a bounded number of
// jobs at a time, and a bounded memory of the results.

import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/ingest.ts";
import { turns } from "../limits/limits.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../platform.ts";
import { KeptPictures } from "./kept.ts";

/** Bytes of results that are kept. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
const MAX_JOBS = 2;
/** Jobs at work or waiting; more are refused. */
const MAX_QUEUED = 64;

export interface Source extends Picture {
  readonly cam: string;
  readonly version: number;
}

export class Renditions {
  made = 0;
  readonly #images: ImageTools | undefined;
  readonly #kept = new KeptPictures(MAX_KEPT_BYTES);
  readonly #turn = turns(
    MAX_JOBS,
    MAX_QUEUED,
    "Too many pictures are being made: ask again, or without w.",
    1,
  );

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
    return await this.#kept.get(key, () => this.#turn(() => this.#make(images, source, width)));
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
}

/** The frame with another picture in place of its own. */
export function withPicture(frame: LiveFrame, { jpeg, width, height }: Picture): LiveFrame {
  const tail = frame.part.subarray(frame.jpeg.length);
  const { camera } = readFrameHeader(frame.record)!;
  const meta = { ...frame, size: jpeg.length, width, height };
  return FrameBuffer.of(jpeg, tail).finish(frame.cam, camera, meta);
}
