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
import { type Held, HeldStill } from "./held_still.ts";
import type { RequestHead } from "./request_head.ts";
import type { Road } from "./road.ts";

interface Ready {
  readonly frame: LiveFrame;
  readonly key: string;
  readonly full: Buffer<ArrayBuffer>;
  readonly unchanged: Buffer<ArrayBuffer>;
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
  answer(head: RequestHead, cam: string, peer: string): Buffer<ArrayBuffer> | undefined {
    const camera = this.#camera(head, cam);
    if (!camera) return undefined;
    camera.poll(this.#poller(head, this.#address(head, peer)));
    return this.#answer(head, camera);
  }

  /** As `answer`, for `?wait`: held until there is a newer frame than the client's, or time is up. */
  hold(
    head: RequestHead,
    { cam, waitS = 0 }: Road,
    peer: string,
    done: (answer: Buffer<ArrayBuffer>) => void,
  ): Held | undefined {
    const { hub, limits } = this.#deps;
    const camera = this.#camera(head, cam);
    if (!camera || hub.closed) return undefined;
    const address = this.#address(head, peer);
    const poller = this.#poller(head, address);
    const isNews = !etagMatches(head.headers.get("if-none-match"), camera.latest.value!.etag);
    if (isNews || waitS === 0) {
      camera.poll(poller);
      done(this.#answer(head, camera));
      return { tick() {}, gone() {} };
    }
    const admission = limits.waits.admit(limits.viewerAddress(address));
    if (!admission.ok) return undefined;
    camera.poll(poller);
    const { free } = admission.place;
    const onEnd = () => {
      camera.poll(poller);
      done(this.#answer(head, camera));
    };
    return new HeldStill({ camera, poller, ms: waitS * 1000, onEnd, onGone: free });
  }

  /** The camera that is asked for, where it has a frame that anybody may see. */
  #camera({ headers }: RequestHead, cam: string): CameraHub | undefined {
    const { config, hub } = this.#deps;
    if (config.viewToken) return undefined;
    if (config.corsOrigins.length > 0 && headers.has("origin")) return undefined;
    const camera = hub.known(cam);
    return camera?.latest.value ? camera : undefined;
  }

  #address({ headers }: RequestHead, peer: string): string {
    return this.#deps.limits.address(peer, headers.get("x-forwarded-for"));
  }

  #poller({ headers }: RequestHead, address: string): string {
    return pollerBehind(address, headers.get("user-agent"));
  }

  #answer({ headers }: RequestHead, camera: CameraHub): Buffer<ArrayBuffer> {
    const { cost, stills } = this.#deps;
    const frame = camera.latest.value!;
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
