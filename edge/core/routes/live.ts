// GET and HEAD /live.jpeg: the newest frame, or 304 where the client has it.

import type { Context, Handler } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../deps.ts";
import { cameraOf, camOf, etagMatches, numberQuery, pollerOf } from "./request.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";
import { problem } from "../problem.ts";
import { admitWait, hold, passEnded } from "./admit.ts";
import { rendition, widthQuery } from "./rendition.ts";

const MAX_WAIT_S = 30;

/** Answers with the newest frame, `?w=` pixels across; `?wait=` with `If-None-Match` holds until there is a newer one. */
export function getLive(deps: EdgeDeps): Handler {
  const { limits, hub, stills } = deps;

  return function getLive(context) {
    const { req } = context;
    const camera = hub.known(camOf(context));
    const frame = camera?.latest.value;
    const plain = req.method === "GET" && req.query("w") === undefined &&
      req.query("wait") === undefined;
    if (!camera || !frame || !plain) return getOther(context);
    camera.viewers.poll(pollerOf(context, limits));
    return answer(camera, frame, req.header("if-none-match"));
  };

  /** With a wait, a width, HEAD, or for a camera that is not known here yet. */
  async function getOther(context: Context): Promise<Response> {
    const { req } = context;
    const camera = await cameraOf(context, hub);
    const known = req.header("if-none-match");
    const waitS = numberQuery(context, "wait", 0, MAX_WAIT_S) ?? 0;
    const width = await widthQuery(context, deps.renditions);
    const poller = pollerOf(context, limits);
    const isNews = () => camera.latest.value && !etagMatches(known, camera.latest.value.etag);
    if (waitS > 0 && req.method === "GET" && !isNews()) {
      const place = admitWait(context, deps);
      if (place instanceof Response) return place;
      // Who waits watches: a camera at rest must hear of it.
      const answered = camera.viewers.wait(poller);
      const over = await hold(context, deps, place, [camera], isNews, waitS * 1000);
      answered();
      if (over) return passEnded();
    } else camera.viewers.poll(poller);
    const frame = camera.latest.value;
    if (!frame) return problem(404, `Camera ${camera.cam} has sent no frame yet.`);
    if (width === undefined || etagMatches(known, frame.etag)) {
      return answer(camera, frame, known);
    }
    const { jpeg } = await rendition(deps.renditions, frame, width);
    return stills.scaled(camera, frame, jpeg);
  }

  function answer(camera: CameraHub, frame: LiveFrame, known: string | undefined): Response {
    return etagMatches(known, frame.etag)
      ? stills.unchanged(camera, frame)
      : stills.full(camera, frame);
  }
}
