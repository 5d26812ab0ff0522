// GET and HEAD /live.jpeg: the newest frame, or 304 where the client has it.

import type { Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../deps.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";
import { HEADER } from "../../../shared/wire.ts";
import { route } from "../openapi.ts";
import { problem } from "../problem.ts";
import { awaitNews, NO_PLACE } from "./admit.ts";
import { wait, width } from "./query.ts";
import { cameraOf, camOf, isKnown } from "./request.ts";

/** Answers with the newest frame, `?w=` pixels across; `?wait=` with `If-None-Match` holds until there is a newer one. */
export function getLive(deps: EdgeDeps): Handler {
  const { hub, stills } = deps;
  return route({
    summary: "The newest picture",
    query: z.object({ wait, w: width }),
    headers: z.object({
      "If-None-Match": z.string().optional().describe("the ETag of the picture known already"),
      "If-Modified-Since": z.string().optional().describe("its Last-Modified, without an ETag"),
    }),
    answers: {
      200: ["the picture", ["image/jpeg"], {
        ETag: "its version",
        Age: "seconds since it came",
        [HEADER.state]: "live, idle, stale or offline",
        [HEADER.captured]: "Unix ms at which it was taken",
      }],
      304: "the one that is known",
    },
    problems: [404, 501, ...NO_PLACE],
  }, async (context, query) => {
    const { req } = context;
    const { wait, w: width } = query();
    const here = hub.known(camOf(context));
    // Asked for as it is, a picture does not wait for the store.
    const plain = here?.latest.value && here.lostMs < 0 &&
      req.method === "GET" && wait === 0 && width === undefined;
    const camera = plain ? here : await cameraOf(context, hub);
    if (width !== undefined) await deps.renditions.ready();
    const knows = ({ etag, receivedAt }: LiveFrame) => isKnown(context, etag, receivedAt);
    const isNews = () => camera.latest.value && !knows(camera.latest.value);
    await awaitNews(context, deps, [camera], isNews, req.method === "GET" ? wait : 0);
    const frame = camera.latest.value;
    if (!frame) return problem(404, `Camera ${camera.cam} has sent no frame yet.`);
    if (knows(frame)) return stills.unchanged(camera, frame);
    if (width === undefined) return stills.full(camera, frame);
    const { jpeg } = await deps.renditions.get(frame, width);
    return stills.scaled(camera, frame, jpeg);
  });
}
