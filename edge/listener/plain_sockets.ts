// `GET /ws` for one camera with nothing special about it, as the page asks: without the app a new
// viewer has its first picture half a millisecond sooner. Whatever is to be refused is the app's.

import { joinCrowd } from "../crowd.ts";
import type { EdgeDeps } from "../deps.ts";
import { serveSocket } from "../socket_session.ts";
import { answerHead } from "./answer_head.ts";
import { handshakeHeaders, isHandshake } from "./handshake.ts";
import type { Kept } from "./line.ts";
import { type PlainVisits, SECURITY_HEADERS } from "./plain_visits.ts";
import type { RequestHead } from "./request_head.ts";
import { SocketOnLine } from "./viewer_socket.ts";

/** Sockets without the app. */
export class PlainSockets {
  readonly #deps: EdgeDeps;
  readonly #visits: PlainVisits;

  constructor(deps: EdgeDeps, visits: PlainVisits) {
    this.#deps = deps;
    this.#visits = visits;
  }

  /** The answer to the handshake; undefined where it is the app's. */
  answer(request: RequestHead, cam: string, peer: string): Kept | undefined {
    if (!isHandshake((name) => request.headers.get(name))) return undefined;
    const visit = this.#visits.begin(request, cam, peer);
    if (!visit) return undefined;
    const { camera, place } = visit;
    const watched = [{ camera, frames: camera.latest, release() {} }];
    const { socket } = serveSocket(
      this.#deps,
      { watched, place, listen: joinCrowd },
      (events) => ({ socket: new SocketOnLine(events) }),
    );
    const key = request.headers.get("sec-websocket-key")!;
    const headers = { ...handshakeHeaders(key), ...SECURITY_HEADERS };
    return { head: answerHead(101, Object.entries(headers)), taker: socket.taker };
  }
}
