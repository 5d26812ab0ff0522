// GET /stream.mjpeg: frames as they come, for <img>, players and everything else that reads MJPEG.

import type { Context, Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";
import {
  type MjpegOptions,
  mjpegStream,
  partHeadWithLength,
  streamHeaders,
  streamOpening,
} from "../viewers/mjpeg.ts";
import { admitViewer, freeWhenSent } from "./admit.ts";
import { cameraOf, numberQuery } from "./request.ts";
import { widthQuery } from "./rendition.ts";

const NEW_LINE = new Uint8Array([13, 10]);

/** Streams a camera: `?fps=` thins it, `?w=` makes it smaller, `?length=1` gives each part a Content-Length. */
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

  return async function getStream(context: Context) {
    const camera = await cameraOf(context, hub);
    const fps = numberQuery(context, "fps", 0.01, 60);
    const classic = context.req.query("length") === "1";
    const width = await widthQuery(context, deps.renditions);
    if (context.req.method === "HEAD") return new Response(null, { headers });
    const place = admitViewer(context, deps);
    if (place instanceof Response) return place;
    // A connection that is dropped but never read hangs on in the server until its client goes.
    freeWhenSent(context, place);
    const feed = deps.feeds.hold(camera.displayed, width, camera.camera);
    const stream = mjpegStream({
      camera,
      frames: feed.frames,
      fanOut,
      place,
      opening: classic ? undefined : opening,
      write: classic ? writeClassicPart : undefined,
      fps,
      onLeave: feed.release,
    });
    return new Response(stream, { headers });
  };
}
