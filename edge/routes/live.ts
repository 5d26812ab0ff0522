// GET and HEAD /live.jpeg: the newest frame, or 304 where the client has it.

import type { Handler } from "hono";
import { HEADER } from "../../shared/wire.ts";
import type { CameraHub } from "../camera_hub.ts";
import type { EdgeDeps } from "../deps.ts";
import { etagMatches } from "../etag.ts";
import type { LiveFrame } from "../live_frame.ts";
import { problem } from "../problem.ts";
import { within } from "../within.ts";
import { admitWait } from "./admit.ts";
import { cameraOf } from "./cam_of.ts";
import { pollerOf } from "./poller.ts";
import { numberQuery } from "./query.ts";
import { rendition, widthQuery } from "./rendition.ts";

/** A CDN answers all pollers of one second from one request. */
const PUBLIC_CACHE = "public, max-age=0, s-maxage=1, stale-while-revalidate=5";
const PRIVATE_CACHE = "private, no-cache";
const MAX_WAIT_S = 30;

/** Answers with the newest frame, `?w=` pixels across; `?wait=` with `If-None-Match` holds until there is a newer one. */
export function getLive(deps: EdgeDeps): Handler {
  const { config, clock, metrics, limits } = deps;
  const cacheControl = config.viewToken ? PRIVATE_CACHE : PUBLIC_CACHE;
  const sent = metrics.counter("perch_stills_sent_total", "Answers of /live.jpeg with a frame.");
  const unchanged = metrics.counter("perch_stills_unchanged_total", "304 answers of /live.jpeg.");

  return async function getLive(context) {
    const camera = await cameraOf(context, deps.hub);
    const known = context.req.header("if-none-match");
    const waitS = numberQuery(context, "wait", 0, MAX_WAIT_S) ?? 0;
    const width = await widthQuery(context, deps.renditions);
    const poller = pollerOf(context, limits);
    camera.poll(poller);
    let frame = camera.latest.value;
    if (waitS > 0 && context.req.method === "GET" && (!frame || etagMatches(known, frame.etag))) {
      const place = admitWait(context, deps);
      if (place instanceof Response) return place;
      frame = await nextFrame(camera, waitS * 1000);
      place.free();
      camera.poll(poller);
    }
    if (!frame) return problem(404, `Camera ${camera.cam} has sent no frame yet.`);
    const same = etagMatches(known, frame.etag);
    (same ? unchanged : sent).value++;
    const headers = stillHeaders(camera, frame, cacheControl);
    if (same) return new Response(null, { status: 304, headers });
    headers["content-type"] = "image/jpeg";
    const { jpeg } = await rendition(deps.renditions, frame, width);
    headers["content-length"] = String(jpeg.length);
    return new Response(context.req.method === "HEAD" ? null : jpeg, { headers });
  };

  async function nextFrame(camera: CameraHub, ms: number): Promise<LiveFrame | undefined> {
    const next = await within(
      clock,
      ms,
      (signal) => camera.latest.next(camera.latest.seq, signal),
    );
    return next?.value ?? camera.latest.value;
  }
}

function stillHeaders(
  camera: CameraHub,
  frame: LiveFrame,
  cacheControl: string,
): Record<string, string> {
  const { state, ageMs } = camera.status();
  return {
    etag: frame.etag,
    "last-modified": new Date(frame.receivedAt).toUTCString(),
    "cache-control": cacheControl,
    age: String(Math.floor((ageMs ?? 0) / 1000)),
    [HEADER.state]: state,
    [HEADER.captured]: String(frame.capturedAt),
  };
}
