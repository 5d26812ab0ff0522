// GET and HEAD /live.jpeg: the newest frame, or 304 where the client has it.

import type { Context, Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../edge.ts";
import { HEADER } from "../../../shared/wire.ts";
import { cameraOf, camOf, isKnown, route, wait, width } from "./request.ts";
import { problem } from "../problem.ts";
import { StillAnswers } from "../viewers/snapshots.ts";
import { awaitNews, NO_PLACE } from "./admit.ts";

export function getLive(deps: EdgeDeps): Handler {
  const { config, hub, limits, metrics } = deps;
  const stills = new StillAnswers(metrics, config.viewToken === undefined);
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
  }, (context, query) => {
    const { wait, w } = query();
    const camera = hub.known(camOf(context));
    const frame = camera?.latest.value;
    const isPlain = context.req.method === "GET" && wait === 0 && w === undefined;
    if (!frame || camera!.lostMs >= 0 || !isPlain) return getOther(context, wait, w);
    // Asked for as it is, a picture waits for nothing: a promise would cost a crowd a tenth more.
    camera!.viewers.poll(limits.poller(context));
    return isKnown(context, frame) ? stills.unchanged(camera!, frame) : stills.full(camera!, frame);
  });

  async function getOther(context: Context, wait: number, width: number | undefined) {
    const camera = await cameraOf(context, hub);
    if (width !== undefined) await deps.renditions.ready();
    const isNews = () => camera.latest.value && !isKnown(context, camera.latest.value);
    await awaitNews(context, deps, [camera], isNews, context.req.method === "GET" ? wait : 0);
    const frame = camera.latest.value;
    if (!frame) return problem(404, `Camera ${camera.cam} has sent no frame yet.`);
    if (isKnown(context, frame)) return stills.unchanged(camera, frame);
    if (width === undefined) return stills.full(camera, frame);
    const { jpeg } = await deps.renditions.get(frame, width);
    return stills.scaled(camera, frame, jpeg);
  }
}
