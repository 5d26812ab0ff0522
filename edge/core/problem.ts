// Errors as RFC 9457 problem documents: what was done, what was found, what is wanted.

import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Log } from "../../shared/log.ts";
import { ImagingUnavailable } from "./platform.ts";
import { StoreFailure } from "./store/frame_store.ts";

/** What each status says, in a problem and in the description of the interface. */
export const TITLES: Readonly<Record<number, string>> = {
  400: "Malformed request",
  401: "Credentials needed",
  403: "Not allowed",
  404: "Not found",
  405: "Wrong method",
  408: "Too slow",
  409: "Not newer",
  413: "Too large",
  415: "Wrong content type",
  422: "Bad value",
  426: "WebSocket needed",
  429: "Too many requests",
  501: "Not possible here",
  503: "Not available now",
};

interface ProblemExtras {
  /** Seconds after which another try makes sense, sent as `Retry-After`. */
  readonly retryAfter?: number;
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problem(status: number, detail: string, extras: ProblemExtras = {}): Response {
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...extras.headers,
  });
  if (extras.retryAfter !== undefined) headers.set("retry-after", String(extras.retryAfter));
  const body = { title: TITLES[status] ?? "Failed", status, detail, ...extras.members };
  return new Response(JSON.stringify(body), { status, headers });
}

/** A problem to throw from where no response can be returned; each whom it refuses gets one of his own. */
export function problemException(
  status: ContentfulStatusCode,
  message: string,
  extras?: ProblemExtras,
): HTTPException {
  return new HTTPException(status, { message, cause: extras });
}

/** Turns whatever a route threw into a response; what nobody expected is logged. */
export function onError(log: Pick<Log, "error">): ErrorHandler {
  return (error, context) => {
    if (error instanceof HTTPException) {
      return problem(error.status, error.message, error.cause as ProblemExtras);
    }
    if (error instanceof StoreFailure) {
      return problem(503, `Ask the store: ${error.message}.`, { retryAfter: 5 });
    }
    if (error instanceof ImagingUnavailable) {
      return problem(501, "This edge cannot make smaller pictures: ask without w.");
    }
    log.error(`${context.req.method} ${context.req.path} failed`, { error: String(error.stack) });
    return problem(500, "The edge failed to answer; its log says why.");
  };
}
