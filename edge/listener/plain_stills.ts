// `GET /live.jpeg` with nothing special about it, which crowds send: one buffer of head and JPEG,
// made when frame, state or age in seconds change, is the answer to everybody.

import { Buffer } from "node:buffer";
import type { CameraHub } from "../camera_hub.ts";
import type { EdgeDeps } from "../deps.ts";
import { etagMatches } from "../etag.ts";
import type { LiveFrame } from "../live_frame.ts";
import { pollerBehind } from "../routes/poller.ts";
import type { StillAnswers } from "../still_answers.ts";
import { answerHead } from "./answer_head.ts";
import type { RequestHead } from "./request_head.ts";

interface Ready {
  readonly frame: LiveFrame;
  readonly key: string;
  readonly full: Buffer;
  readonly unchanged: Buffer;
}

/** Answers of `/live.jpeg` without the app. */
export class PlainStills {
  readonly #deps: EdgeDeps;
  readonly #ready = new WeakMap<CameraHub, Ready>();

  constructor(deps: EdgeDeps) {
    this.#deps = deps;
  }

  /**
   * The whole answer; undefined where the app has to look at the request.
   *
   * @param cam Whose frame is wanted.
   * @param peer The client's address.
   */
  answer(head: RequestHead, cam: string, peer: string): Buffer | undefined {
    const { config, hub, limits, cost, stills } = this.#deps;
    const { headers } = head;
    const camera = hub.known(cam);
    const frame = camera?.latest.value;
    if (!camera || !frame || config.viewToken) return undefined;
    if (config.corsOrigins.length > 0 && headers.has("origin")) return undefined;
    const address = limits.address(peer, headers.get("x-forwarded-for"));
    camera.poll(pollerBehind(address, headers.get("user-agent")));
    const ready = this.#of(camera, frame, stills);
    const same = etagMatches(headers.get("if-none-match"), frame.etag);
    (same ? stills.same : stills.sent).value++;
    cost.count(same ? 0 : frame.size);
    return same ? ready.unchanged : ready.full;
  }

  #of(camera: CameraHub, frame: LiveFrame, stills: StillAnswers): Ready {
    const known = this.#ready.get(camera);
    const key = stills.keyOf(camera);
    if (known?.frame === frame && known.key === key) return known;
    const headers = Object.entries(stills.headers(camera, frame));
    const ready: Ready = {
      frame,
      key,
      unchanged: Buffer.from(answerHead(304, headers)),
      full: Buffer.concat([
        Buffer.from(answerHead(200, [...headers, ...Object.entries(stills.bodyHeaders(frame))])),
        frame.jpeg,
      ]),
    };
    this.#ready.set(camera, ready);
    return ready;
  }
}
