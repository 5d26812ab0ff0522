// A viewer's WebSocket from its opening to its end, whoever holds the connection.

import type { EdgeDeps } from "./deps.ts";
import { RateLimiter } from "./limits/rate_limiter.ts";
import type { Place } from "./limits/viewer_gate.ts";
import type { SocketEvents } from "./listener/viewer_socket.ts";
import type { Listen } from "./mjpeg_viewer.ts";
import { SocketViewer, type ViewerSocket, type Watched } from "./socket_viewer.ts";

const POLICY_VIOLATION = 1008;

/** What a viewer may send that acknowledges nothing. */
const MESSAGES = { perSecond: 2000, burst: 4000 };

/** Who comes by a socket. */
export interface SocketGuest {
  readonly watched: readonly Watched[];
  /** Where it sits; given back when the socket has ended. */
  readonly place: Place;
  /** How it hears of new frames. Default: inside the call that brings one. */
  readonly listen?: Listen;
}

/**
 * Serves a viewer on a socket.
 *
 * @param open Opens the socket, whose events are then to be told.
 * @returns What `open` did.
 */
export function serveSocket<Opened extends { readonly socket: ViewerSocket }>(
  { clock, limits }: EdgeDeps,
  { watched, place, listen }: SocketGuest,
  open: (events: SocketEvents) => Opened,
): Opened {
  const rate = new RateLimiter(MESSAGES);
  let out = false;
  const opened = open({
    open: () => viewer.start(),
    message(data) {
      if (out) return;
      const taken = viewer.receive(data);
      if (taken === "wrong") turnOut(POLICY_VIOLATION, "Send acknowledgements only");
      // As many as the frames it was sent are its due, and are not worth counting.
      if (taken === "idle" && rate.take("", clock.monotonic()) > 0) {
        turnOut(POLICY_VIOLATION, "Too many messages");
      }
    },
    misused: (code, reason) => turnOut(code, reason),
    close() {
      viewer.stop();
      place.free();
    },
  });
  const viewer = new SocketViewer(opened.socket, watched, clock, listen);
  place.seat(viewer);
  const turnOut = (code: number, reason: string) => {
    out = true;
    limits.socketsTurnedOut.value++;
    viewer.stop();
    opened.socket.close(code, reason);
  };
  return opened;
}
