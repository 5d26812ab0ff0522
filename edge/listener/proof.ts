// What was proved before: a camera sends the same credential with each upload, ten times a second,
// and a hash of it that no cache holds any more costs a tenth of the upload.

import type { RequestHead } from "./request_head.ts";

/** Whether a request may do what it wants with a camera. */
type Judge = (head: RequestHead, cam: string) => boolean;

/** The last credential that was good, and for which camera. */
export class Proof {
  #authorization: string | undefined;
  #cam: string | undefined;

  /** Whether a request's credential is good for `cam`: `judge` says so, or said so of the same before. */
  holds(head: RequestHead, cam: string, judge: Judge): boolean {
    const known = this.#authorization;
    const authorization = head.headers.get("authorization");
    if (authorization === undefined) return false;
    if (known !== undefined && this.#cam === cam && sameText(known, authorization)) return true;
    if (!judge(head, cam)) return false;
    this.#authorization = authorization;
    this.#cam = cam;
    return true;
  }
}

/** Whether two texts are equal, in a time that does not depend on where they differ. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
