// GET and HEAD /live.jpeg: the newest frame, or 304 where the client has it.

import type { Context, Handler } from "hono";
import type { CameraHub } from "../camera_hub.ts";
import type { EdgeDeps } from "../deps.ts";
import { etagMatches } from "../etag.ts";
import type { LiveFrame } from "../live_frame.ts";
import { POLLER_MS } from "../pollers.ts";
import { problem } from "../problem.ts";
import { within } from "../within.ts";
import { admitWait } from "./admit.ts";
import { cameraOf, camOf } from "./cam_of.ts";
import { pollerOf } from "./poller.ts";
import { numberQuery } from "./query.ts";
import { rendition, widthQuery } from "./rendition.ts";

const MAX_WAIT_S = 30;

/** Answers with the newest frame, `?w=` pixels across; `?wait=` with `If-None-Match` holds until there is a newer one. */
export function getLive(deps: EdgeDeps): Handler {
  const { clock, limits, hub, stills } = deps;

  return function getLive(context) {
    const { req } = context;
    const camera = hub.known(camOf(context));
    const frame = camera?.latest.value;
    const plain = req.method === "GET" && req.query("w") === undefined &&
      req.query("wait") === undefined;
    if (!camera || !frame || !plain) return getOther(context);
    camera.poll(pollerOf(context, limits));
    return answer(camera, frame, req.header("if-none-match"));
  };

  /** With a wait, a width, HEAD, or for a camera that is not known here yet. */
  async function getOther(context: Context): Promise<Response> {
    const camera = await cameraOf(context, hub);
    const known = context.req.header("if-none-match");
    const waitS = numberQuery(context, "wait", 0, MAX_WAIT_S) ?? 0;
    const width = await widthQuery(context, deps.renditions);
    const poller = pollerOf(context, limits);
    camera.poll(poller);
    let frame = camera.latest.value;
    if (waitS > 0 && context.req.method === "GET" && (!frame || etagMatches(known, frame.etag))) {
      const place = admitWait(context, deps);
      if (place instanceof Response) return place;
      // Who waits watches, and longer than a poller counts: a camera at rest must hear of it.
      for (let leftMs = waitS * 1000; leftMs > 0; leftMs -= POLLER_MS / 2) {
        frame = await nextFrame(camera, Math.min(leftMs, POLLER_MS / 2));
        if (frame && !etagMatches(known, frame.etag)) break;
        camera.poll(poller);
      }
      place.free();
      camera.poll(poller);
    }
    if (!frame) return problem(404, `Camera ${camera.cam} has sent no frame yet.`);
    if (width === undefined || etagMatches(known, frame.etag)) {
      return answer(camera, frame, known);
    }
    const { jpeg } = await rendition(deps.renditions, frame, width);
    stills.sent.value++;
    return new Response(jpeg, {
      headers: {
        ...stills.headers(camera, frame),
        "content-type": "image/jpeg",
        "content-length": String(jpeg.length),
      },
    });
  }

  function answer(camera: CameraHub, frame: LiveFrame, known: string | undefined): Response {
    const same = etagMatches(known, frame.etag);
    (same ? stills.same : stills.sent).value++;
    return same ? stills.unchanged(camera, frame) : stills.full(camera, frame);
  }

  async function nextFrame(camera: CameraHub, ms: number): Promise<LiveFrame | undefined> {
    const next = await within(
      clock,
      ms,
      (signal) => camera.latest.next(camera.latest.seq, signal),
    );
    return next?.value ?? camera.latest.value;
  }
}
