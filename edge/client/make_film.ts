// Pictures of the past made into one file that phones and chats play: each is decoded, drawn, encoded
// and let go before the next. The encoder is the browser's, the file format Mediabunny's.

import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  Quality,
  WebMOutputFormat,
} from "mediabunny";
import type { FrameMeta } from "../../shared/frame.ts";
import { type Jpeg, jpegBlob } from "./painter.ts";
import { FILM_FPS } from "./playback.ts";

/** Pixels of the longer side: what phones show and encode without effort. */
const LONGEST = 1280;
/** What plays on most devices comes first. */
const CODECS = ["avc", "vp9", "av1", "vp8"] as const;
/** Pictures on their way while one is encoded. */
const AHEAD = 4;

export interface Film {
  readonly blob: Blob;
  readonly type: "mp4" | "webm";
  readonly pictures: number;
}

export interface FilmWish {
  /** Oldest first. */
  readonly frames: readonly FrameMeta[];
  /** A picture at most so wide, where the edge makes it smaller; undefined where it is gone. */
  read(version: number, width: number | undefined): Promise<Jpeg | undefined>;
  /** What is written into a picture, where something is. */
  caption(frame: FrameMeta): string | undefined;
  /** The pictures are drawn here, to be seen on the way. */
  readonly canvas: HTMLCanvasElement;
  /** Called with how many pictures are done. */
  onDone(count: number): void;
  readonly signal: AbortSignal;
}

/** Makes the film. Pictures that are gone meanwhile are left out. @throws Where none is left. */
export async function makeFilm(wish: FilmWish): Promise<Film> {
  const { frames, canvas, signal } = wish;
  // Not an opaque one: Firefox makes faulty video frames of those.
  const context = canvas.getContext("2d")!;
  let strip: Awaited<ReturnType<typeof begin>> | undefined;
  let pictures = 0;
  try {
    let done = 0;
    for await (const jpeg of inOrder(wish)) {
      const picture = jpeg && await createImageBitmap(jpegBlob(jpeg)).catch(() => undefined);
      signal.throwIfAborted();
      if (picture) {
        strip ??= await begin(canvas, filmSize(picture));
        lay(context, picture);
        const caption = wish.caption(frames[done]);
        if (caption) write(context, caption);
        await strip.source.add(pictures++ / FILM_FPS, 1 / FILM_FPS);
      }
      wish.onDone(++done);
    }
    if (!strip) throw new Error("none of its pictures is there any more.");
    await strip.output.finalize();
  } catch (error) {
    await strip?.output.cancel();
    throw error;
  }
  signal.throwIfAborted();
  const { target, type } = strip;
  return { blob: new Blob([target.buffer!], { type: `video/${type}` }), type, pictures };
}

/** The size of a film of such pictures, in pixels. Encoders take even ones only. */
export function filmSize(
  { width, height }: { readonly width: number; readonly height: number },
): { width: number; height: number } {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const even = (pixels: number) => Math.max(2, 2 * Math.round(pixels * scale / 2));
  return { width: even(width), height: even(height) };
}

/** A file that frames of `canvas` can be added to. @throws Where this browser encodes none. */
async function begin(
  canvas: HTMLCanvasElement,
  size: { readonly width: number; readonly height: number },
) {
  const quality = new Quality("high");
  const codec = await getFirstEncodableVideoCodec([...CODECS], { ...size, quality });
  if (!codec) throw new Error("this browser encodes no video of this size.");
  Object.assign(canvas, size);
  const mp4 = codec === "avc";
  const target = new BufferTarget();
  const format = mp4 ? new Mp4OutputFormat({ fastStart: "in-memory" }) : new WebMOutputFormat();
  const output = new Output({ format, target });
  const source = new CanvasSource(canvas, { codec, quality });
  output.addVideoTrack(source, { frameRate: FILM_FPS });
  await output.start();
  return { output, source, target, type: mp4 ? "mp4" : "webm" } as const;
}

/** The pictures as files, in their order; those behind are on their way already. */
async function* inOrder({ frames, read }: FilmWish): AsyncGenerator<Jpeg | undefined> {
  const coming: Promise<Jpeg | undefined>[] = [];
  let asked = 0;
  for (let i = 0; i < frames.length; i++) {
    while (asked < Math.min(frames.length, i + AHEAD)) {
      const { version, width } = frames[asked++];
      const picture = read(version, width > LONGEST ? LONGEST : undefined);
      // Nobody may be waiting for it any more when it fails.
      picture.catch(() => {});
      coming.push(picture);
    }
    yield await coming.shift();
  }
}

/** Draws a picture, all of it: the camera may have sent other shapes before. */
function lay(context: CanvasRenderingContext2D, picture: ImageBitmap): void {
  const { width, height } = context.canvas;
  const scale = Math.min(width / picture.width, height / picture.height);
  const [across, down] = [picture.width * scale, picture.height * scale];
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, (width - across) / 2, (height - down) / 2, across, down);
  picture.close();
}

/** Writes into the upper right corner, where cameras seldom write themselves. */
function write(context: CanvasRenderingContext2D, text: string): void {
  const { width, height } = context.canvas;
  context.textBaseline = "middle";
  const size = Math.max(12, Math.round(Math.max(width, height) / 44));
  context.font = `600 ${size}px system-ui, sans-serif`;
  const across = context.measureText(text).width + 1.2 * size;
  const left = width - across - size;
  context.fillStyle = "rgb(0 0 0 / 55%)";
  context.beginPath();
  context.roundRect(left, size, across, 2 * size, size / 2);
  context.fill();
  context.fillStyle = "#fff";
  context.fillText(text, left + 0.6 * size, 2 * size);
}
