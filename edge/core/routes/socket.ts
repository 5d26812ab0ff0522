// GET /ws: frames of one camera or several over one WebSocket, each after the last was drawn.

import type { Context, Handler } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../deps.ts";
import { DEFAULT_CAM, isCamId } from "../../../shared/frame.ts";
import { problem } from "../problem.ts";
import { serveSocket } from "../viewers/socket.ts";
import { MAX_CAMERAS } from "../access/publishers.ts";
import { admitViewer } from "./admit.ts";
import { readWidth } from "./rendition.ts";

/** The camera ids a socket is asked for. They may be no valid ids. */
export function camsOfSocket(context: Context): string[] {
  return (context.req.query("cams") ?? DEFAULT_CAM).split(",");
}

/**
 * Upgrades to a viewer's socket: `?cams=a,b`, default the default camera; `?w=` smaller frames where
 * they can be made, else the camera's own.
 */
export function getSocket(deps: EdgeDeps): Handler {
  return async function getSocket(context) {
    const wrong = notSocket(context);
    if (wrong) return wrong;
    const cameras = await camerasOf(context);
    if (cameras instanceof Response) return cameras;
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
