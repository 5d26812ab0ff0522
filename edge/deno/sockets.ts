// WebSockets by Deno's own server.

import type { AcceptedSocket } from "../core/platform.ts";

/** Seconds of silence after which a client is pinged, and dropped if no answer comes. */
const IDLE_TIMEOUT_S = 30;

/** How long a client may take to hear that its handshake is done, ms. */
const HANDSHAKE_MS = 10_000;

/**
 * Upgrades a request that is a WebSocket's handshake.
 *
 * Deno tells nothing of a client that leaves during the handshake: such a socket is told to be closed
 * after a while.
 */
export function acceptSocket(request: Request, handshakeMs = HANDSHAKE_MS): AcceptedSocket {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_TIMEOUT_S });
  socket.binaryType = "arraybuffer";
  // An error is always followed by close, where everything is let go; unheard it would be thrown.
  socket.onerror = () => {};
  const givenUp = setTimeout(() => {
    socket.addEventListener("open", () => socket.close());
    socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
  }, handshakeMs);
  socket.addEventListener("open", () => clearTimeout(givenUp));
  socket.addEventListener("close", () => clearTimeout(givenUp));
  return { socket, response };
}
