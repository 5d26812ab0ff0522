// GET /stream.mjpeg: frames as they come, for <img>, players and everything else that reads MJPEG.

import type { Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../edge.ts";
import { MjpegViewer } from "../viewers/mjpeg.ts";
import { cameraOf, number, oneOf, route, width } from "./request.ts";
import { answerStream, NO_PLACE } from "./admit.ts";

export function getStream(deps: EdgeDeps): Handler {
  const { hub, fanOut, feeds, parts, renditions } = deps;

  return route({
    summary: "Pictures as they come, as MJPEG; a slow reader skips",
    query: z.object({
      fps: number(0.01, 60).optional().describe("pictures a second, at most"),
      w: width,
      length: oneOf([0, 1]).default(0).describe("1: give each part a Content-Length"),
    }),
    answers: { 200: ["the stream", ["multipart/x-mixed-replace"]] },
    problems: [404, 501, ...NO_PLACE],
  }, async (context, query) => {
    const camera = await cameraOf(context, hub);
    const { fps, w: width, length } = query();
    if (width !== undefined) await renditions.ready();
    return answerStream(context, deps, parts.headers, (place) => {
      const watched = { camera, ...feeds.hold(camera.displayed, width) };
      const options = { fanOut, place, parts, fps, lengths: length === 1 };
      return new MjpegViewer(watched, options).stream();
    });
  });
}
