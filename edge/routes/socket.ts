// GET /ws: frames of one camera or several over one WebSocket, each after the last was drawn.

import type { Context, Handler } from "hono";
import { DEFAULT_CAM, isCamId } from "../../shared/frame.ts";
import type { CameraHub } from "../camera_hub.ts";
import { joinCrowd } from "../crowd.ts";
import type { EdgeDeps } from "../deps.ts";
import { RateLimiter } from "../limits/rate_limiter.ts";
import { problem } from "../problem.ts";
import { SocketViewer } from "../socket_viewer.ts";
import { MAX_CAMERAS } from "../tokens.ts";
import { admitViewer } from "./admit.ts";
import { readWidth } from "./rendition.ts";
import { notSocket, openViewerSocket } from "./upgrade.ts";
import { lineOf } from "./line_of.ts";

const POLICY_VIOLATION = 1008;

/** What a viewer may send that acknowledges nothing. */
const MESSAGES = { perSecond: 2000, burst: 4000 };

/** The camera ids a socket is asked for. They may be no valid ids. */
export function camsOfSocket(context: Context): string[] {
  return (context.req.query("cams") ?? DEFAULT_CAM).split(",");
}

/**
 * Upgrades to a viewer's socket: `?cams=a,b`, default the default camera; `?w=` smaller frames where
 * they can be made, else the camera's own.
 */
export function getSocket(deps: EdgeDeps): Handler {
  const refused = deps.metrics.counter(
    "perch_sockets_turned_out_total",
    "Viewers' sockets closed for what they sent.",
  );

  return async function getSocket(context) {
    const wrong = notSocket(context);
    if (wrong) return wrong;
    const cameras = await camerasOf(context);
    if (cameras instanceof Response) return cameras;
    const width = readWidth(context);
    const place = admitViewer(context, deps);
    if (place instanceof Response) return place;
    const watched = cameras.map((camera) => ({
      camera,
      ...deps.feeds.hold(camera.latest, width, camera.camera),
    }));
    const rate = new RateLimiter(MESSAGES);
    let open = true;
    const { socket, response } = openViewerSocket(context, {
      open: () => viewer.start(),
      message(data) {
        if (!open) return;
        const taken = viewer.receive(data);
        if (taken === "wrong") turnOut(POLICY_VIOLATION, "Send acknowledgements only");
        // As many as the frames it was sent are its due, and are not worth counting.
        if (taken === "idle" && rate.take("", deps.clock.monotonic()) > 0) {
          turnOut(POLICY_VIOLATION, "Too many messages");
        }
      },
      misused: (code, reason) => turnOut(code, reason),
      close() {
        viewer.stop();
        place.free();
      },
    });
    const listen = lineOf(context) ? joinCrowd : undefined;
    const viewer = new SocketViewer(socket, watched, deps.clock, listen);
    place.seat(viewer);
    const turnOut = (code: number, reason: string) => {
      open = false;
      refused.value++;
      viewer.stop();
      socket.close(code, reason);
    };
    return response;
  };

  async function camerasOf(context: Context): Promise<CameraHub[] | Response> {
    const names = new Set(camsOfSocket(context));
    if (names.size > MAX_CAMERAS) {
      return problem(422, `Read cams: got ${names.size} cameras, wanted at most ${MAX_CAMERAS}.`);
    }
    const cameras: CameraHub[] = [];
    for (const name of names) {
      const camera = isCamId(name) ? await deps.hub.find(name) : undefined;
      if (!camera) {
        return problem(404, `No camera ${JSON.stringify(name)} has sent a frame here yet.`);
      }
      cameras.push(camera);
    }
    return cameras;
  }
}
