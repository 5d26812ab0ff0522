// WebSockets as routes open them.

import type { Context } from "hono";
import { handshakeHeaders, isHandshake } from "../listener/handshake.ts";
import { type SocketEvents, SocketOnLine } from "../listener/viewer_socket.ts";
import { problem } from "../problem.ts";
import type { ViewerSocket } from "../socket_viewer.ts";
import { lineOf } from "./line_of.ts";

/** Seconds of silence after which a socket is pinged, and dropped if no answer comes. */
const IDLE_TIMEOUT_S = 30;

/** The problem to answer with where a request does not open a WebSocket as it should. */
export function notSocket({ req }: Context): Response | undefined {
  if (isHandshake((name) => req.header(name))) return undefined;
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

/** A viewer's socket: on the connection itself where there is one to keep, else the platform's. */
export function openViewerSocket(
  context: Context,
  events: SocketEvents,
): { readonly socket: ViewerSocket; readonly response: Response } {
  const line = lineOf(context);
  if (!line) return platformSocket(context.req.raw, events);
  const socket = new SocketOnLine(events);
  line.take(socket.taker);
  const headers = handshakeHeaders(context.req.header("sec-websocket-key")!);
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
