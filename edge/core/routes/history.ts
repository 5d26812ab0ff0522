// The past: GET /frames says which pictures are kept, /frames/<version>.jpeg is one of them, /day.jpeg is a
// row of tiny ones, /timelapse.mjpeg replays them and /timelapse.avi is the same as one file to keep.

import type { Context, Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../edge.ts";
import { avi, aviBytes, type AviFilm } from "../history/avi.ts";
import { timelapse } from "../history/timelapse.ts";
import { seated } from "../limits/viewer_gate.ts";
import { MAX_TILES, type Row, SETTLED_MS, TILE_MS } from "../../../shared/day.ts";
import { answerStream, NO_PLACE } from "./admit.ts";
import { cameraOf, knownBy, number, oneOf, route, unixMs, whole, width } from "./request.ts";
import { problem, problemException } from "../problem.ts";

const time = whole(0, Number.MAX_SAFE_INTEGER);
const rangeSchema = z.object({
  from: time.optional().describe("oldest, Unix ms, included"),
  to: time.optional().describe("newest, Unix ms, included"),
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

export function getFrames({ clock, hub, limits, store }: EdgeDeps): Handler {
  return route({
    summary: "Which pictures of the past are kept",
    query: rangeSchema,
    answers: { 200: ["the index", [keyframesSchema]] },
    problems: [404, 503],
  }, async (context, query) => {
    const { cam } = await cameraOf(context, hub);
    const range = query();
    const frames = await limits.listing(() => store.history(cam, range));
    return context.json({ cam, now: clock.now(), frames }, 200, { "cache-control": "no-cache" });
  });
}

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
    const headers = {
      etag: `"${version}${width === undefined ? "" : `-${width}`}"`,
      "cache-control": `${scope}, max-age=31536000, immutable`,
    };
    // It never changes: for who has it the store need not be asked.
    const isHad = knownBy(context)({ etag: headers.etag, receivedAt: version });
    if (isHad && !Number.isNaN(version)) return new Response(null, { status: 304, headers });
    if (width !== undefined) await deps.renditions.ready();
    const frame = Number.isNaN(version) ? undefined : await deps.store.get(cam, version);
    if (!frame) return problem(404, `Camera ${cam} has no kept picture of that version.`);
    const { jpeg } = width === undefined ? frame : await deps.renditions.get(frame, width);
    return context.body(jpeg, 200, {
      ...headers,
      "last-modified": new Date(frame.receivedAt).toUTCString(),
      "content-type": "image/jpeg",
      "content-length": String(jpeg.length),
    });
  });
}

const rowSchema = z.object({
  from: time.describe("where it begins, a multiple of `every`"),
  to: time.describe(`where it ends, a multiple of \`every\`, ${SETTLED_MS / 1000} s ago or more`),
  every: oneOf(TILE_MS).describe("ms that each of them stands for, by the newest there is of it"),
});

export function getDay(deps: EdgeDeps): Handler {
  const { clock, config, hub, rows } = deps;
  const scope = config.viewToken ? "private" : "public";
  return route({
    summary: "A day, or a part of one, as a row of tiny pictures",
    query: rowSchema,
    answers: { 200: ["side by side, black where there is none; it never changes", ["image/jpeg"]] },
    problems: [404, 501, 503],
  }, async (context, query) => {
    const { cam } = await cameraOf(context, hub);
    const row = query();
    checkRow(row, clock.now());
    const kept = row.to > clock.now() - config.historyMs;
    const picture = kept ? await rows.get(cam, row) : undefined;
    if (!picture) return problem(404, `Camera ${cam} has no kept pictures in that time.`);
    return context.body(picture.jpeg, 200, {
      "content-type": "image/jpeg",
      "content-length": String(picture.jpeg.length),
      "cache-control": `${scope}, max-age=31536000, immutable`,
    });
  });
}

/** Few rows can be asked for, and none that would be another one later. @throws 422 */
function checkRow({ from, to, every }: Row, now: number): void {
  const most = MAX_TILES * every;
  const wanted = `two multiples of ${every}, at most ${most} apart, the later one past`;
  const fits = from % every === 0 && to % every === 0 && to > from && to - from <= most;
  if (fits && to <= now - SETTLED_MS) return;
  throw problemException(422, `Read from and to: got ${from} and ${to}, wanted ${wanted}.`);
}

const replaySchema = rangeSchema.extend({
  fps: number(0.1, 60).default(12).describe("pictures a second"),
});

export function getTimelapse(deps: EdgeDeps): Handler {
  const { clock, parts } = deps;
  return route({
    summary: "The past replayed as MJPEG, oldest first",
    query: replaySchema,
    answers: { 200: ["the replay", ["multipart/x-mixed-replace"]] },
    problems: [404, ...NO_PLACE],
  }, async (context, query) => {
    const past = await pastOf(context, deps, query());
    return answerStream(context, deps, parts.headers, (place) => {
      return seated(place, (gone) => timelapse({ ...past, parts, clock }, gone));
    });
  });
}

export function getFilm(deps: EdgeDeps): Handler {
  return route({
    summary: "The same as a file to keep",
    query: replaySchema,
    answers: { 200: ["an AVI of MJPEG", ["video/x-msvideo"]] },
    problems: [404, ...NO_PLACE],
  }, async (context, query) => {
    const { cam, frames, fps, read } = await pastOf(context, deps, query());
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
      return seated(place, () => avi(film, read));
    });
  });
}

/** What is replayed, oldest first. @throws 404 where it is nothing. */
async function pastOf(
  context: Context,
  { hub, limits, store }: EdgeDeps,
  { fps, ...range }: z.output<typeof replaySchema>,
) {
  const { cam } = await cameraOf(context, hub);
  const frames = (await limits.listing(() => store.history(cam, range))).reverse();
  const read = async (place: number) => (await store.get(cam, frames[place].version))?.jpeg;
  if (frames.length > 0) return { cam, fps, frames, read };
  throw problemException(404, `Camera ${cam} has no kept pictures in that time.`);
}
