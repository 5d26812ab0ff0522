// GET /stream.mjpeg: frames as they come, for <img>, players and everything else that reads MJPEG.

import type { Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../edge.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import {
  type MjpegOptions,
  mjpegStream,
  partHeadWithLength,
  streamHeaders,
  streamOpening,
} from "../viewers/mjpeg.ts";
import { cameraOf, number, oneOf, route, width } from "./request.ts";
import { answerStream, NO_PLACE } from "./admit.ts";

const NEW_LINE = new Uint8Array([13, 10]);

export function getStream(deps: EdgeDeps): Handler {
  const { hub, fanOut, boundary } = deps;
  const headers = streamHeaders(boundary);
  const encoder = new TextEncoder();
  const opening = encoder.encode(streamOpening(boundary));
  // Heads with a length are made once for a frame, not for each viewer; one camera after another.
  let headed: LiveFrame | undefined;
  let head = opening;
  const writeClassicPart: MjpegOptions["write"] = (frame, enqueue) => {
    if (headed !== frame) {
      headed = frame;
      head = encoder.encode(partHeadWithLength(boundary, frame.size));
    }
    enqueue(head);
    enqueue(frame.jpeg);
    enqueue(NEW_LINE);
  };

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
    if (width !== undefined) await deps.renditions.ready();
    return answerStream(context, deps, headers, (place) => {
      const feed = deps.feeds.hold(camera.displayed, width);
      return mjpegStream({
        camera,
        frames: feed.frames,
        fanOut,
        place,
        ...length ? { write: writeClassicPart } : { opening },
        fps,
        onLeave: feed.release,
      });
    });
  });
}
