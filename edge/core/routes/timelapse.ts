// GET /timelapse.mjpeg: the past replayed. GET /timelapse.avi: the same as one file to keep.

import type { Context, Handler } from "hono";
import { aviBytes, type AviFilm, aviFrameHeader, aviHeader, aviIndex } from "../history/avi.ts";
import type { EdgeDeps } from "../deps.ts";
import { seated } from "../limits/viewer_gate.ts";
import type { FrameMeta } from "../../../shared/frame.ts";
import { mjpegContentType } from "../viewers/mjpeg.ts";
import { problem } from "../problem.ts";
import { timelapseStream } from "../history/timelapse.ts";
import { admitViewer, freeWhenSent } from "./admit.ts";
import { cameraOf, numberQuery } from "./request.ts";
import { rangeOf } from "./frames.ts";

const DEFAULT_FPS = 12;

/** Replays `?from=&to=` at `?fps=`, oldest first, and ends. */
export function getTimelapse(deps: EdgeDeps): Handler {
  return async function getTimelapse(context) {
    const film = await filmOf(context, deps);
    if (film instanceof Response) return film;
    const { cam, frames, fps } = film;
    const headers = {
      "content-type": mjpegContentType(deps.boundary),
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    };
    if (context.req.method === "HEAD") return new Response(null, { headers });
    const place = admitViewer(context, deps);
    if (place instanceof Response) return place;
    freeWhenSent(context, place);
    const stream = timelapseStream({
      frames,
      fps,
      boundary: deps.boundary,
      clock: deps.clock,
      read: async (version) => (await deps.store.get(cam, version))?.jpeg,
      onEnd: place.free,
    });
    return new Response(seated(stream, place), { headers });
  };
}

/** The same range as an AVI of the cameras' own JPEGs. */
export function getFilm(deps: EdgeDeps): Handler {
  return async function getFilm(context) {
    const found = await filmOf(context, deps);
    if (found instanceof Response) return found;
    const { cam, frames, fps } = found;
    const { width, height } = frames[frames.length - 1];
    const film: AviFilm = { width, height, fps, sizes: frames.map(({ size }) => size) };
    const day = new Date(frames[0].receivedAt).toISOString().slice(0, 10);
    const headers = {
      "content-type": "video/x-msvideo",
      "content-length": String(aviBytes(film)),
      "content-disposition": `attachment; filename="${cam}-${day}.avi"`,
      "cache-control": "no-store",
    };
    if (context.req.method === "HEAD") return new Response(null, { headers });
    const place = admitViewer(context, deps);
    if (place instanceof Response) return place;
    freeWhenSent(context, place);
    const body = ReadableStream.from(chunks(deps, cam, frames, film, place.free));
    return new Response(seated(body, place), { headers });
  };
}

async function* chunks(
  { store }: EdgeDeps,
  cam: string,
  frames: readonly FrameMeta[],
  film: AviFilm,
  onEnd: () => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield aviHeader(film);
    for (const { version, size } of frames) {
      yield aviFrameHeader(size);
      const frame = await store.get(cam, version);
      // A picture whose time ran out meanwhile leaves a gap of its size: the length was promised.
      yield frame?.size === size ? frame.jpeg : new Uint8Array(size);
      if (size % 2 === 1) yield new Uint8Array(1);
    }
    yield aviIndex(film);
  } finally {
    onEnd();
  }
}

async function filmOf(
  context: Context,
  deps: EdgeDeps,
): Promise<{ cam: string; frames: FrameMeta[]; fps: number } | Response> {
  const { cam } = await cameraOf(context, deps.hub);
  const fps = numberQuery(context, "fps", 0.1, 60) ?? DEFAULT_FPS;
  const range = rangeOf(context);
  const frames = (await deps.limits.listing(() => deps.store.history(cam, range))).reverse();
  if (frames.length > 0) return { cam, frames, fps };
  return problem(404, `Camera ${cam} has no kept pictures in that time.`);
}
