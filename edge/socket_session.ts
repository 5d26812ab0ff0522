// A viewer's WebSocket from its opening to its end.

import type { EdgeDeps } from "./deps.ts";
import { RateLimiter } from "./limits/rate_limiter.ts";
import type { Place } from "./limits/viewer_gate.ts";
import type { PlatformSocket } from "./platform.ts";
import { SocketViewer, type Watched } from "./socket_viewer.ts";

const POLICY_VIOLATION = 1008;

/** What a viewer may send that acknowledges nothing. */
const MESSAGES = { perSecond: 2000, burst: 4000 };

/**
 * Serves a viewer on a socket that is about to open.
 *
 * @param place Where it sits; given back when the socket has ended.
 */
export function serveSocket(
  { clock, fanOut, limits }: EdgeDeps,
  socket: PlatformSocket,
  watched: readonly Watched[],
  place: Place,
): void {
  const rate = new RateLimiter(MESSAGES);
  const viewer = new SocketViewer(socket, watched, { fanOut, clock });
  place.seat(viewer);
  let out = false;
  const turnOut = (reason: string) => {
    out = true;
    limits.socketsTurnedOut.value++;
    viewer.stop();
    socket.close(POLICY_VIOLATION, reason);
  };
  socket.onopen = () => viewer.start();
  socket.onmessage = ({ data }) => {
    if (out) return;
    const taken = viewer.receive(data);
    if (taken === "wrong") turnOut("Send acknowledgements only");
    // As many as the frames it was sent are its due, and are not worth counting.
    if (taken === "idle" && rate.take("", clock.monotonic()) > 0) turnOut("Too many messages");
  };
  socket.onclose = () => {
    viewer.stop();
    place.free();
  };
}
