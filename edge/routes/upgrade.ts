// The opening handshake of a WebSocket (RFC 6455, section 4.2.1).

import type { Context } from "hono";
import { problem } from "../problem.ts";

/** Seconds of silence after which a socket is pinged, and dropped if no answer comes. */
const IDLE_TIMEOUT_S = 30;

/** The problem to answer with where a request does not open a WebSocket as it should. */
export function notSocket({ req }: Context): Response | undefined {
  const has = (name: string, token: string) =>
    (req.header(name) ?? "").split(",").some((one) => one.trim().toLowerCase() === token);
  const opens = has("upgrade", "websocket") && has("connection", "upgrade") &&
    has("sec-websocket-version", "13") &&
    /^[\w+/]{22}==$/.test(req.header("sec-websocket-key") ?? "");
  if (opens) return undefined;
  return problem(426, "This address speaks WebSocket.", {
    headers: { upgrade: "websocket", "sec-websocket-version": "13" },
  });
}

/** Upgrades a request that `notSocket` found nothing wrong with. */
export function openSocket(request: Request): Deno.WebSocketUpgrade {
  const upgrade = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_TIMEOUT_S });
  upgrade.socket.binaryType = "arraybuffer";
  // An error is always followed by close, where everything is let go; unheard it would be thrown.
  upgrade.socket.onerror = () => {};
  return upgrade;
}
