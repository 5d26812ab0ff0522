// Pictures that take work: one job for each however many ask, and a bounded memory of what came out. And
// smaller pictures of a frame, of which a bounded number is made at a time.

import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/ingest.ts";
import { turns } from "../limits/limits.ts";
import { type ImageTools, ImagingUnavailable, type Picture } from "../platform.ts";

const MAX_KEPT_BYTES = 16 * 1024 * 1024;
const MAX_JOBS = 2;
/** Jobs at work or waiting; more are refused. */
const MAX_QUEUED = 64;
const TOO_MANY = "Too many pictures are being made: ask again, or without w.";

interface Source extends Picture {
  readonly cam: string;
  readonly version: number;
}

export type Renditions = ReturnType<typeof renditionsBy>;

export function renditionsBy(images: ImageTools | undefined) {
  const kept = keptPictures<Picture>(MAX_KEPT_BYTES);
  const turn = turns(MAX_JOBS, MAX_QUEUED, TOO_MANY, 1);
  const renditions = { made: 0, ready, get };
  return renditions;

  /** Resolves when pictures can be made. @throws {ImagingUnavailable} Where they cannot. */
  async function ready(): Promise<void> {
    await images?.ready();
  }

  /**
   * `source` at most `width` pixels across; itself where it is not larger, or cannot be read.
   *
   * @throws {ImagingUnavailable} Where nothing can. @throws 503 where too many are waiting already.
   */
  async function get(source: Source, width: number): Promise<Picture> {
    if (!images || source.width <= width) return source;
    const make = async () => {
      try {
        const picture = await images.scale(source.jpeg, width);
        renditions.made++;
        return picture;
      } catch (error) {
        if (error instanceof ImagingUnavailable) throw error;
        // Kept as any result: it would fail again. A browser may still show it.
        return source;
      }
    };
    return await kept.get(`${source.cam} ${source.version} ${width}`, () => turn(make));
  }
}

/** Pictures by a key, `maxBytes` of them. One that does not come to be is not kept. */
export function keptPictures<Made extends Picture | undefined>(maxBytes: number) {
  /** Those asked for last come last. Bytes are those of the result, 0 while it is under way. */
  const jobs = new Map<string, { readonly picture: Promise<Made>; bytes: number }>();
  let keptBytes = 0;
  return { get, forget };

  /** The picture that is kept or under way, or what `make` makes. */
  async function get(key: string, make: () => Promise<Made>): Promise<Made> {
    const job = jobs.get(key) ?? start(key, make());
    jobs.delete(key);
    jobs.set(key, job);
    return await job.picture;
  }

  /** Keeps nothing whose key begins so. */
  function forget(prefix: string): void {
    for (const key of jobs.keys()) if (key.startsWith(prefix)) drop(key);
  }

  function start(key: string, picture: Promise<Made>) {
    const job = { picture, bytes: 0 };
    const ended = (bytes: number) => {
      // Unless it was forgotten meanwhile.
      if (jobs.get(key) !== job) return;
      if (bytes === 0) return drop(key);
      job.bytes = bytes;
      keptBytes += bytes;
      for (const [oldest, { bytes }] of jobs) {
        if (keptBytes <= maxBytes) break;
        if (bytes > 0) drop(oldest);
      }
    };
    picture.then((made) => ended(made?.jpeg.length ?? 0), () => ended(0));
    return job;
  }

  function drop(key: string): void {
    keptBytes -= jobs.get(key)!.bytes;
    jobs.delete(key);
  }
}

/** The frame with another picture in place of its own. */
export function withPicture(frame: LiveFrame, { jpeg, width, height }: Picture): LiveFrame {
  const tail = frame.part.subarray(frame.jpeg.length);
  const { camera } = readFrameHeader(frame.record)!;
  const meta = { ...frame, size: jpeg.length, width, height };
  return FrameBuffer.of(jpeg, tail).finish(frame.cam, camera, meta);
}
