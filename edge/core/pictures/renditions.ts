// Smaller pictures of a frame: one job for each however many ask, a bounded number at a time, and a bounded
// memory of what came out. And the frames of a camera at another width, for everybody who watches it there.

import { Latest } from "../../../shared/latest.ts";
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

  async function get(key: string, make: () => Promise<Made>): Promise<Made> {
    const job = jobs.get(key) ?? start(key, make());
    jobs.delete(key);
    jobs.set(key, job);
    return await job.picture;
  }

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

/** Runs only while somebody watches; one frame at a time, and what comes meanwhile is skipped. */
interface Feed {
  readonly frames: Latest<LiveFrame>;
  readonly stop: AbortController;
  watchers: number;
}

export type ScaledFeeds = ReturnType<typeof scaledFeeds>;

export function scaledFeeds(renditions: Renditions) {
  const feeds = new WeakMap<Latest<LiveFrame>, Map<number, Feed>>();
  return { hold, scaled };

  /**
   * `source` at `width` pixels across; `source` itself where no width is given. `release` is to be called
   * once, when the watcher has gone.
   */
  function hold(source: Latest<LiveFrame>, width: number | undefined) {
    if (width === undefined) return { frames: source, release: () => {} };
    const widths = feeds.get(source) ?? new Map<number, Feed>();
    feeds.set(source, widths);
    const feed = widths.get(width) ??
      { frames: new Latest<LiveFrame>(), stop: new AbortController(), watchers: 0 };
    if (feed.watchers++ === 0) void run(source, feed, width);
    widths.set(width, feed);
    const release = () => {
      if (--feed.watchers > 0) return;
      feed.stop.abort();
      widths.delete(width);
    };
    return { frames: feed.frames, release };
  }

  async function run(source: Latest<LiveFrame>, { frames, stop }: Feed, width: number) {
    try {
      for (let seq = 0;;) {
        const next = await source.next(seq, stop.signal);
        seq = next.seq;
        frames.set(await scaled(next.value, width));
      }
    } catch {
      // The last who watched has gone, or the camera.
      frames.close();
    }
  }

  /** The frame as it is where it cannot be scaled: an old picture would be worse than a large one. */
  async function scaled(frame: LiveFrame, width: number): Promise<LiveFrame> {
    const picture = await renditions.get(frame, width).catch(() => frame);
    return picture === frame ? frame : withPicture(frame, picture);
  }
}
