// GET /frames: which pictures of the past are kept. GET /frames/<version>.jpeg: one of them.

import type { Context, Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { cameraOf, etagMatches, wholeQuery } from "./request.ts";
import { problem } from "../problem.ts";
import { rendition, widthQuery } from "./rendition.ts";

/** Most keyframes in one answer. */
export const MAX_FRAMES = 5000;
const YEAR_S = 31_536_000;

/** The range a request asks for: Unix ms, both ends included. */
export function rangeOf(context: Context): { from?: number; to?: number; limit: number } {
  const top = Number.MAX_SAFE_INTEGER;
  return {
    from: wholeQuery(context, "from", 0, top),
    to: wholeQuery(context, "to", 0, top),
    limit: wholeQuery(context, "limit", 1, MAX_FRAMES) ?? 1000,
  };
}

/** The index, newest first. */
export function getFrames(deps: EdgeDeps): Handler {
  return async function getFrames(context) {
    const { cam } = await cameraOf(context, deps.hub);
    const range = rangeOf(context);
    const frames = await deps.limits.listing(() => deps.store.history(cam, range));
    return context.json({ cam, now: deps.clock.now(), frames }, 200, {
      "cache-control": "no-cache",
    });
  };
}

/** One picture of the past. What it shows never changes, so it may be kept for a year. */
export function getFrame(deps: EdgeDeps): Handler {
  const scope = deps.config.viewToken ? "private" : "public";
  return async function getFrame(context) {
    const { cam } = await cameraOf(context, deps.hub);
    const version = Number(/^(\d{1,15})\.jpeg$/.exec(context.req.param("file") ?? "")?.[1]);
    const width = await widthQuery(context, deps.renditions);
    const frame = Number.isNaN(version) ? undefined : await deps.store.get(cam, version);
    if (!frame) return problem(404, `Camera ${cam} has no kept picture of that version.`);
    const headers: Record<string, string> = {
      etag: `"${version}${width === undefined ? "" : `-${width}`}"`,
      "cache-control": `${scope}, max-age=${YEAR_S}, immutable`,
      "last-modified": new Date(frame.receivedAt).toUTCString(),
    };
    if (etagMatches(context.req.header("if-none-match"), headers.etag)) {
      return new Response(null, { status: 304, headers });
    }
    const { jpeg } = await rendition(deps.renditions, frame, width);
    headers["content-type"] = "image/jpeg";
    headers["content-length"] = String(jpeg.length);
    const body = context.req.method === "HEAD" ? null : jpeg;
    return new Response(body, { headers });
  };
}
