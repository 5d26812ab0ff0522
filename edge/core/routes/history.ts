// The past: GET /frames says which pictures are kept, /frames/<version>.jpeg is one of them,
// /timelapse.mjpeg replays them and /timelapse.avi is the same as one file to keep.

import type { Context, Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../edge.ts";
import { aviBytes, type AviFilm, aviFrameHeader, aviHeader, aviIndex } from "../history/avi.ts";
import { timelapseStream } from "../history/timelapse.ts";
import { seated } from "../limits/viewer_gate.ts";
import type { FrameMeta } from "../../../shared/frame.ts";
import { streamHeaders } from "../viewers/mjpeg.ts";
import { answerStream, NO_PLACE } from "./admit.ts";
import { cameraOf, isKnown, number, route, unixMs, whole, width } from "./request.ts";
import { problem, problemException } from "../problem.ts";

const YEAR_S = 31_536_000;

/** The part of the past that a request is about. */
const rangeSchema = z.object({
  from: whole(0, Number.MAX_SAFE_INTEGER).optional().describe("oldest, Unix ms, included"),
  to: whole(0, Number.MAX_SAFE_INTEGER).optional().describe("newest, Unix ms, included"),
  limit: whole(1, 5000).default(1000).describe("at most so many, 1000 unless told"),
});

const keyframesSchema = z.object({
  cam: z.string(),
  now: unixMs,
  frames: z.array(z.object({
    version: z.int(),
    size: z.int(),
    width: z.int(),
    height: z.int(),
    capturedAt: unixMs,
    receivedAt: unixMs,
  })).describe("newest first"),
}).meta({ title: "Keyframes" });

/** The index. */
export function getFrames(deps: EdgeDeps): Handler {
  return route({
    summary: "Which pictures of the past are kept",
    query: rangeSchema,
    answers: { 200: ["the index", [keyframesSchema]] },
    problems: [404, 503],
  }, async (context, query) => {
    const { cam } = await cameraOf(context, deps.hub);
    const within = query();
    const frames = await deps.limits.listing(() => deps.store.history(cam, within));
    return context.json({ cam, now: deps.clock.now(), frames }, 200, {
      "cache-control": "no-cache",
    });
  });
}

/** One picture of the past. What it shows never changes, so it may be kept for a year. */
export function getFrame(deps: EdgeDeps): Handler {
  const scope = deps.config.viewToken ? "private" : "public";
  return route({
    summary: "One picture of the past: `<version>.jpeg`",
    query: z.object({ w: width }),
    answers: {
      200: ["the picture; it never changes", ["image/jpeg"]],
      304: "the one that is known",
    },
    problems: [404, 501, 503],
  }, async (context, query) => {
    const { cam } = await cameraOf(context, deps.hub);
    const version = Number(/^(\d{1,15})\.jpeg$/.exec(context.req.param("file") ?? "")?.[1]);
    const { w: width } = query();
    if (width !== undefined) await deps.renditions.ready();
    const frame = Number.isNaN(version) ? undefined : await deps.store.get(cam, version);
    if (!frame) return problem(404, `Camera ${cam} has no kept picture of that version.`);
    const headers = {
      etag: `"${version}${width === undefined ? "" : `-${width}`}"`,
      "cache-control": `${scope}, max-age=${YEAR_S}, immutable`,
      "last-modified": new Date(frame.receivedAt).toUTCString(),
    };
    if (isKnown(context, { etag: headers.etag, receivedAt: frame.receivedAt })) {
      return new Response(null, { status: 304, headers });
    }
    const { jpeg } = width === undefined ? frame : await deps.renditions.get(frame, width);
    return new Response(jpeg, {
      headers: {
        ...headers,
        "content-type": "image/jpeg",
        "content-length": String(jpeg.length),
      },
    });
  });
}

const filmSchema = rangeSchema.extend({
  fps: number(0.1, 60).default(12).describe("pictures a second"),
});

/** Replays `?from=&to=` at `?fps=`, oldest first, and ends. */
export function getTimelapse(deps: EdgeDeps): Handler {
  return route({
    summary: "The past replayed as MJPEG, oldest first",
    query: filmSchema,
    answers: { 200: ["the replay", ["multipart/x-mixed-replace"]] },
    problems: [404, ...NO_PLACE],
  }, async (context, query) => {
    const { fps, ...range } = query();
    const { cam, frames } = await framesOf(context, deps, range);
    return answerStream(context, deps, streamHeaders(deps.boundary), (place) => {
      const stream = timelapseStream({
        frames,
        fps,
        boundary: deps.boundary,
        clock: deps.clock,
        read: async (version) => (await deps.store.get(cam, version))?.jpeg,
        onEnd: place.free,
      });
      return seated(stream, place);
    });
  });
}

/** The same range as an AVI of the cameras' own JPEGs. */
export function getFilm(deps: EdgeDeps): Handler {
  return route({
    summary: "The same as a file to keep",
    query: filmSchema,
    answers: { 200: ["an AVI of MJPEG", ["video/x-msvideo"]] },
    problems: [404, ...NO_PLACE],
  }, async (context, query) => {
    const { fps, ...range } = query();
    const { cam, frames } = await framesOf(context, deps, range);
    const { width, height } = frames[frames.length - 1];
    const film: AviFilm = { width, height, fps, sizes: frames.map(({ size }) => size) };
    const day = new Date(frames[0].receivedAt).toISOString().slice(0, 10);
    const headers = {
      "content-type": "video/x-msvideo",
      "content-length": String(aviBytes(film)),
      "content-disposition": `attachment; filename="${cam}-${day}.avi"`,
      "cache-control": "no-store",
    };
    return answerStream(context, deps, headers, (place) => {
      const body = ReadableStream.from(chunks(deps, cam, frames, film, place.free));
      return seated(body, place);
    });
  });
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

async function framesOf(
  context: Context,
  deps: EdgeDeps,
  range: z.output<typeof rangeSchema>,
): Promise<{ cam: string; frames: FrameMeta[] }> {
  const { cam } = await cameraOf(context, deps.hub);
  const frames = (await deps.limits.listing(() => deps.store.history(cam, range))).reverse();
  if (frames.length > 0) return { cam, frames };
  throw problemException(404, `Camera ${cam} has no kept pictures in that time.`);
}
