// The opening handshake of a WebSocket (RFC 6455, section 4.2.1).

import { createHash } from "node:crypto";
import type { Context } from "hono";
import { type SocketEvents, SocketOnLine } from "../listener/viewer_socket.ts";
import { problem } from "../problem.ts";
import type { ViewerSocket } from "../socket_viewer.ts";
import { lineOf } from "./line_of.ts";

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

/** What a handshake's key is answered with (RFC 6455, section 1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A viewer's socket: on the connection itself where there is one to keep, else the platform's. */
export function openViewerSocket(
  context: Context,
  events: SocketEvents,
): { readonly socket: ViewerSocket; readonly response: Response } {
  const line = lineOf(context);
  if (!line) return platformSocket(context.req.raw, events);
  const socket = new SocketOnLine(events);
  const key = context.req.header("sec-websocket-key") + KEY_SUFFIX;
  const headers = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": createHash("sha1").update(key).digest("base64"),
  };
  line.take(socket.taker);
  return { socket, response: new Response(null, { headers }) };
}

function platformSocket(
  request: Request,
  events: SocketEvents,
): { readonly socket: ViewerSocket; readonly response: Response } {
  const { socket, response } = openSocket(request);
  socket.onopen = () => events.open();
  socket.onmessage = ({ data }) => events.message(data);
  socket.onclose = () => events.close();
  const viewerSocket: ViewerSocket = {
    get readyState() {
      return socket.readyState;
    },
    send: (text) => socket.send(text),
    sendFrame: (frame) => socket.send(frame.message),
    close: (code, reason) => socket.close(code, reason),
  };
  return { socket: viewerSocket, response };
}
