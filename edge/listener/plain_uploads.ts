// `PUT /live.jpeg` with a token that is good: what every camera sends ten times a second. Any other
// token is the app's, which says what is wrong with it.

import { Buffer } from "node:buffer";
import { judgePublisher, tokenOf, tooManyRequests } from "../auth.ts";
import type { FrameBody } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
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

  /** Takes the frame: the whole answer, or a problem. */
  async take({ headers }: RequestHead, cam: string, body: FrameBody): Promise<Buffer | Response> {
    const { limits, hub, cost } = this.#deps;
    const refusal = tooManyRequests(cam, limits) ??
      await this.#take(cam, (name) => headers.get(name.toLowerCase()), body);
    if (!(refusal instanceof Response)) {
      cost.count(0);
      return Buffer.from(answerHead(204, Object.entries(uploadHeaders(refusal, hub))));
    }
    cost.answered(refusal);
    return refusal;
  }
}
