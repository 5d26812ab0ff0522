// `GET /stream.mjpeg` with nothing special about it, as <img> and players ask: without the app a new
// viewer has its first picture half a millisecond sooner. Whatever is to be refused is the app's.

import { tokenOf } from "../auth.ts";
import { joinCrowd } from "../crowd.ts";
import type { EdgeDeps } from "../deps.ts";
import { streamHeaders, streamOpening } from "../mjpeg.ts";
import { MjpegViewer, writePart } from "../mjpeg_viewer.ts";
import { digestToken, sameDigest } from "../tokens.ts";
import { answerHead } from "./answer_head.ts";
import type { Taker } from "./line.ts";
import { partsTo } from "./part_socket.ts";
import type { RequestHead } from "./request_head.ts";

/** A stream: what its answer starts with, and who takes the connection then. */
export interface PlainStream {
  /** The head, the first boundary and the head of the first part: one write. */
  readonly head: string;
  readonly taker: Taker;
}

/** Streams without the app. */
export class PlainStreams {
  readonly #deps: EdgeDeps;
  readonly #headers: readonly (readonly [string, string])[];

  constructor(deps: EdgeDeps) {
    this.#deps = deps;
    this.#headers = [
      ...Object.entries(streamHeaders(deps.boundary)),
      // As on every answer of the app.
      ["cross-origin-opener-policy", "same-origin"],
      ["referrer-policy", "same-origin"],
      ["x-content-type-options", "nosniff"],
      ["connection", "close"],
    ];
  }

  /**
   * The stream; undefined where the app has to look at the request.
   *
   * @param cam Whose frames are wanted.
   * @param peer The client's address.
   */
  answer(request: RequestHead, cam: string, peer: string): PlainStream | undefined {
    const { clock, config, cost, hub, limits } = this.#deps;
    if (hub.closed || config.corsOrigins.length > 0 && request.headers.has("origin")) {
      return undefined;
    }
    const camera = hub.find(cam);
    if (!camera || camera instanceof Promise) return undefined;
    const address = limits.address(peer, request.headers.get("x-forwarded-for"));
    if (!this.#mayWatch(request, address)) return undefined;
    const admission = limits.gate.admit(limits.viewerAddress(address));
    if (!admission.ok) return undefined;
    cost.count(0);
    const viewer = new MjpegViewer(camera, {
      frames: camera.shown,
      listen: joinCrowd,
      place: admission.place,
      write: writePart,
      now: () => clock.monotonic(),
    });
    const head = answerHead(200, this.#headers) + streamOpening(this.#deps.boundary);
    return { head, taker: partsTo(viewer) };
  }

  #mayWatch({ headers }: RequestHead, address: string): boolean {
    const { config: { viewToken }, limits } = this.#deps;
    if (!viewToken) return true;
    const token = tokenOf(headers.get("authorization"));
    if (token === undefined || !sameDigest(digestToken(token), viewToken)) return false;
    // The right token does not help an address that is guessing.
    return limits.credentialWait(address) === 0;
  }
}
