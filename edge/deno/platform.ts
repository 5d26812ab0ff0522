// What Deno gives the edge.

import { reasonOf } from "../../shared/log.ts";
import type { AcceptedSocket, Platform } from "../core/platform.ts";
import { SharpTools } from "./sharp.ts";

const DIST = new URL("../client/dist/", import.meta.url);

/** Seconds of silence after which a socket's client is pinged, and dropped if no answer comes. */
const IDLE_TIMEOUT_S = 30;

/** How long a client may take to hear that its handshake is done, ms. */
const HANDSHAKE_MS = 10_000;

export function denoPlatform(given: Pick<Platform, "clock" | "log" | "store" | "peers">): Platform {
  return {
    ...given,
    images: new SharpTools(undefined, (error) => {
      const message = "pictures cannot be made smaller here: ?w= is answered 501";
      given.log.warn(message, { error: reasonOf(error) });
    }),
    random: Math.random,
    acceptSocket,
    clientAddress: (_, info) =>
      (info as Partial<Deno.ServeHandlerInfo<Deno.NetAddr>> | undefined)?.remoteAddr?.hostname ??
        "unknown",
    readAsset: (name) => Deno.readFile(new URL(name, DIST)),
    soon: setImmediate,
    memoryBytes: () => Deno.memoryUsage().rss,
  };
}

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
  for (const event of ["open", "close"]) {
    socket.addEventListener(event, () => clearTimeout(givenUp));
  }
  return { socket, response };
}
