// GET /ws: frames of one camera or several over one WebSocket, each after the last was drawn.

import type { Context, Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { problem } from "../problem.ts";
import { serveSocket } from "../viewers/socket.ts";
import { admitViewer } from "./admit.ts";
import { readWidth } from "./rendition.ts";
import { camerasOf } from "./request.ts";

const SOCKETS_OFF = "Open a socket: it is off here, wanted PERCH_VIEWER_SOCKETS=true; " +
  "/live.stream and /stream.mjpeg serve without.";

/**
 * Upgrades to a viewer's socket: `?cams=a,b`, default the default camera; `?w=` smaller frames where
 * they can be made, else the camera's own.
 */
export function getSocket(deps: EdgeDeps): Handler {
  return async function getSocket(context) {
    if (!deps.config.viewerSockets) return problem(403, SOCKETS_OFF);
    const wrong = notSocket(context);
    if (wrong) return wrong;
    const cameras = await camerasOf(context, deps.hub);
    const width = readWidth(context);
    const place = admitViewer(context, deps);
    if (place instanceof Response) return place;
    try {
      const { socket, response } = deps.acceptSocket(context.req.raw);
      const watched = cameras.map((camera) => ({
        camera,
        ...deps.feeds.hold(camera.latest, width, camera.camera),
      }));
      serveSocket(deps, socket, watched, place);
      return response;
    } catch (error) {
      place.free();
      throw error;
    }
  };
}

/** The problem to answer with where it does not. */
export function notSocket({ req }: Context): Response | undefined {
  const has = (name: string, token: string) =>
    (req.header(name) ?? "").split(",").some((one) => one.trim().toLowerCase() === token);
  const opens = has("upgrade", "websocket") && has("connection", "upgrade") &&
    has("sec-websocket-version", "13") &&
    /^[\w+/]{22}==$/.test(req.header("sec-websocket-key") ?? "");
  return opens ? undefined : problem(426, "This address speaks WebSocket.", {
    headers: { upgrade: "websocket", "sec-websocket-version": "13" },
  });
}
