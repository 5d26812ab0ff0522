// `PUT /live.jpeg` with a token that is good: what every camera sends ten times a second. Any other
// token is the app's, which says what is wrong with it.

import { andThen } from "../../shared/and_then.ts";
import { judgePublisher, tokenOf, tooManyRequests } from "../auth.ts";
import type { FrameBody } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { LiveFrame } from "../live_frame.ts";
import { type TakeUpload, uploadHeaders, uploadTaker } from "../routes/ingest.ts";
import { answerHead } from "./answer_head.ts";
import type { RequestHead } from "./request_head.ts";

/** Uploads without the app. */
export class PlainUploads {
  readonly #deps: EdgeDeps;
  readonly #take: TakeUpload;

  constructor(deps: EdgeDeps) {
    this.#deps = deps;
    this.#take = uploadTaker(deps);
  }

  /** Whether the sender may publish as `cam`. */
  admits({ headers }: RequestHead, cam: string): boolean {
    const token = tokenOf(headers.get("authorization"));
    if (token === undefined) return false;
    return judgePublisher(this.#deps.config.publishTokens, token, cam) === "allowed";
  }

  /** Takes the frame: the whole answer, or a problem; at once where all of it has come. */
  take(
    { headers }: RequestHead,
    cam: string,
    body: FrameBody,
  ): string | Response | Promise<string | Response> {
    const tooMany = tooManyRequests(cam, this.#deps.limits);
    if (tooMany) return this.#answer(tooMany);
    const taken = this.#take(cam, (name) => headers.get(name.toLowerCase()), body);
    return andThen(taken, (result) => this.#answer(result));
  }

  #answer(result: LiveFrame | Response): string | Response {
    const { hub, cost } = this.#deps;
    if (result instanceof Response) {
      cost.answered(result);
      return result;
    }
    cost.count(0);
    return answerHead(204, Object.entries(uploadHeaders(result, hub)));
  }
}
