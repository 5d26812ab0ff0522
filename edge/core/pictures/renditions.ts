// Smaller pictures of a frame: one job per version and width however many ask, a bounded number of
// jobs at a time, and a bounded memory of the results.

import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/ingest.ts";
import { turns } from "../limits/limits.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../platform.ts";

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

interface Job {
  readonly picture: Promise<Picture>;
  /** Of the result; 0 while it is under way. */
  bytes: number;
}

/** Makes and keeps smaller pictures. */
export class Renditions {
  /** Results made so far. */
  made = 0;
  readonly #images: ImageTools | undefined;
  readonly #jobs = new Map<string, Job>();
  readonly #turn = turns(
    MAX_JOBS,
    MAX_QUEUED,
    "Too many pictures are being made: ask again, or without w.",
    1,
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
    const job = this.#jobs.get(key) ?? this.#start(images, key, source, width);
    // What was asked for last is forgotten last.
    this.#jobs.delete(key);
    this.#jobs.set(key, job);
    return await job.picture;
  }

  #start(images: ImageTools, key: string, source: Source, width: number): Job {
    const job = { picture: this.#turn(() => this.#make(images, source, width)), bytes: 0 };
    job.picture.then(({ jpeg }) => this.#keep(job, jpeg.length), () => this.#jobs.delete(key));
    return job;
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

  #keep(job: Job, bytes: number): void {
    job.bytes = bytes;
    this.#keptBytes += bytes;
    for (const [oldest, { bytes }] of this.#jobs) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break;
      if (bytes > 0) this.#jobs.delete(oldest);
      this.#keptBytes -= bytes;
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
