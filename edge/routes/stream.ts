// GET /stream.mjpeg: frames as they come, for <img>, players and everything else that reads MJPEG.

import type { Context, Handler } from "hono";
import { joinCrowd } from "../crowd.ts";
import type { EdgeDeps } from "../deps.ts";
import { partsTo } from "../listener/part_socket.ts";
import type { LiveFrame } from "../live_frame.ts";
import { partHeadWithLength, streamHeaders, streamOpening } from "../mjpeg.ts";
import { mjpegStream } from "../mjpeg_stream.ts";
import { type Listen, MjpegViewer, type PartSink, writePart } from "../mjpeg_viewer.ts";
import { admitViewer, freeWhenSent } from "./admit.ts";
import { cameraOf } from "./cam_of.ts";
import { numberQuery } from "./query.ts";
import { widthQuery } from "./rendition.ts";
import { lineOf } from "./line_of.ts";

const NEW_LINE = new Uint8Array([13, 10]);

/** Streams a camera: `?fps=` thins it, `?w=` makes it smaller, `?length=1` gives each part a Content-Length. */
export function getStream(deps: EdgeDeps): Handler {
  const { hub, clock, boundary } = deps;
  const headers = streamHeaders(boundary);
  const encoder = new TextEncoder();
  const opening = encoder.encode(streamOpening(boundary));
  // Heads with a length are made once for a frame, not for each viewer; one camera after another.
  let headed: LiveFrame | undefined;
  let head = opening;
  function writeClassicPart(sink: PartSink, frame: LiveFrame): void {
    if (headed !== frame) {
      headed = frame;
      head = encoder.encode(partHeadWithLength(boundary, frame.size));
    }
    sink.enqueue(head);
    sink.enqueue(frame.jpeg);
    sink.enqueue(NEW_LINE);
  }

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
    const feed = deps.feeds.hold(camera.shown, width, camera.camera);
    const line = lineOf(context);
    const viewer = new MjpegViewer(camera, {
      frames: feed.frames,
      listen: line ? joinCrowd : inTheCall,
      onLeave: feed.release,
      place,
      opening: classic ? undefined : opening,
      write: classic ? writeClassicPart : writePart,
      fps,
      now: () => clock.monotonic(),
    });
    line?.take(partsTo(viewer));
    return new Response(line ? null : mjpegStream(viewer), { headers });
  };
}

const inTheCall: Listen = (frames, onFrame, onClose) => frames.onSet(onFrame, onClose);
