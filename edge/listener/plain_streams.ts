// `GET /stream.mjpeg` with nothing special about it, as <img> and players ask: without the app a new
// viewer has its first picture half a millisecond sooner. Whatever is to be refused is the app's.

import { joinCrowd } from "../crowd.ts";
import type { EdgeDeps } from "../deps.ts";
import { streamHeaders, streamOpening } from "../mjpeg.ts";
import { MjpegViewer, writePart } from "../mjpeg_viewer.ts";
import { answerHead } from "./answer_head.ts";
import type { Kept } from "./line.ts";
import { partsTo } from "./part_socket.ts";
import { type PlainVisits, SECURITY_HEADERS } from "./plain_visits.ts";
import type { RequestHead } from "./request_head.ts";

/** Streams without the app. */
export class PlainStreams {
  readonly #deps: EdgeDeps;
  readonly #visits: PlainVisits;
  readonly #headers: readonly (readonly [string, string])[];

  constructor(deps: EdgeDeps, visits: PlainVisits) {
    this.#deps = deps;
    this.#visits = visits;
    const headers = { ...streamHeaders(deps.boundary), ...SECURITY_HEADERS, connection: "close" };
    this.#headers = Object.entries(headers);
  }

  /** The head, the first boundary and the head of the first part; undefined where it is the app's. */
  answer(request: RequestHead, cam: string, peer: string): Kept | undefined {
    const { boundary, clock } = this.#deps;
    const visit = this.#visits.begin(request, cam, peer);
    if (!visit) return undefined;
    const viewer = new MjpegViewer(visit.camera, {
      frames: visit.camera.shown,
      listen: joinCrowd,
      place: visit.place,
      write: writePart,
      now: () => clock.monotonic(),
    });
    const head = answerHead(200, this.#headers) + streamOpening(boundary);
    return { head, taker: partsTo(viewer) };
  }
}
