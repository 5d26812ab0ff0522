// GET /: the viewer page, or the stream where the client shows pictures only.

import type { Handler } from "hono";
import { wantsStream } from "./request.ts";

/** Chooses between two handlers by `Accept` and `User-Agent`. */
export function getRoot(page: Handler, stream: Handler): Handler {
  return function getRoot(context, next) {
    const { req } = context;
    const chosen = wantsStream(req.header("accept"), req.header("user-agent")) ? stream : page;
    return chosen(context, next);
  };
}
