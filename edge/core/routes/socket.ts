// GET /ws: frames of one camera or several over one WebSocket, each after the last was drawn.

import type { Context, Handler } from "hono";
import { z } from "zod";
import type { EdgeDeps } from "../edge.ts";
import { camerasOf, cams, isForeign, route, width } from "./request.ts";
import { problem } from "../problem.ts";
import { serveSocket } from "../viewers/socket.ts";
import { admit, NO_PLACE } from "./admit.ts";

const SOCKETS_OFF = "Open a socket: it is off here, wanted PERCH_VIEWER_SOCKETS=true; " +
  "/live.stream and /stream.mjpeg serve without.";

/** Upgrades to a viewer's socket. Where smaller frames cannot be made `?w=` gives the camera's own. */
export function getSocket(deps: EdgeDeps): Handler {
  return route({
    summary:
      "Pictures of one camera or several over one WebSocket, the next after the last was drawn",
    query: z.object({ cams, w: width }),
    answers: { 101: "the socket" },
    problems: [403, 404, 426, ...NO_PLACE],
  }, async (context, query) => {
    if (!deps.config.viewerSockets) return problem(403, SOCKETS_OFF);
    const wrong = notSocket(context) ?? foreignPage(context);
    if (wrong) return wrong;
    const { cams, w: width } = query();
    const cameras = await camerasOf(cams, deps.hub);
    const place = admit(context, deps);
    try {
      const { socket, response } = deps.acceptSocket(context.req.raw);
      const { feeds } = deps;
      const watched = cameras.map((camera) => ({ camera, ...feeds.hold(camera.latest, width) }));
      serveSocket(deps, socket, watched, place);
      return response;
    } catch (error) {
      place.free();
      throw error;
    }
  });

  /** No browser asks before it opens a socket for another site, so the edge looks itself. */
  function foreignPage(context: Context): Response | undefined {
    const { viewToken, trustedProxies, corsOrigins, embedOrigins } = deps.config;
    // On a private cam a foreign page has shown a link or a token of its own.
    if (viewToken || !isForeign(context, trustedProxies)) return undefined;
    const origin = context.req.header("origin")!;
    const allowed = [...corsOrigins, ...embedOrigins];
    if (allowed.includes("*") || allowed.includes(origin)) return undefined;
    const got = JSON.stringify(origin.slice(0, 100));
    const wanted = "wanted one of PERCH_EMBED_ORIGINS or PERCH_CORS_ORIGINS";
    return problem(403, `Open a socket: got the origin ${got}, ${wanted}.`);
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
