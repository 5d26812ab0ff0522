// The gate as routes use it: a place to watch from, or the problem to answer with.

import type { Context, MiddlewareHandler } from "hono";
import { passOf } from "../access/viewers.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../deps.ts";
import { type Limits, VIEWERS_REFUSED } from "../limits/limits.ts";
import type { Place, ViewerGate } from "../limits/viewer_gate.ts";
import { problem } from "../problem.ts";
import { addressOf, shuttingDown } from "./request.ts";

/** Seconds after which one more try makes sense. */
const RETRY_AFTER_S = 30;

/** A place for a stream or a socket: 503 where the instance is full, 429 where the address is. */
export function admitViewer(context: Context, deps: EdgeDeps): Place | Response {
  const { config, hub, limits } = deps;
  if (hub.closed) return shuttingDown();
  const place = admit(context, deps, limits.gate);
  if (typeof place !== "string") return place;
  if (place === "address") return tooManyHere(config.maxViewersPerAddress);
  const detail = `Watch: there are ${config.maxViewers} viewers here, the most that are served; ` +
    "/live.jpeg still answers.";
  return problem(503, detail, { retryAfter: RETRY_AFTER_S });
}

/** A place for a request that waits for a newer frame, as `admitViewer`. */
export function admitWait(context: Context, deps: EdgeDeps): Place | Response {
  const place = admit(context, deps, deps.limits.waits);
  if (typeof place !== "string") return place;
  if (place === "address") return tooManyHere(deps.config.maxViewersPerAddress);
  return problem(503, "Wait for a frame: too many wait already; ask without wait.", {
    retryAfter: RETRY_AFTER_S,
  });
}

function admit(context: Context, deps: EdgeDeps, gate: ViewerGate): Place | "instance" | "address" {
  const { limits, metrics } = deps;
  const admission = gate.admit(
    limits.viewerAddress(addressOf(context, limits)),
    passOf(context),
  );
  if (admission.ok) return admission.place;
  metrics.counter(VIEWERS_REFUSED, "Viewers turned away at a limit.", {
    limit: admission.full,
  }).value++;
  return admission.full;
}

function tooManyHere(max: number): Response {
  return problem(429, `Watch: ${max} connections from one address are the most that are served.`, {
    retryAfter: RETRY_AFTER_S,
  });
}

/** The answer to a request whose link or sign-in ended while it was held. */
export function passEnded(): Response {
  return problem(401, "Wait for a frame: the link or sign-in has ended: sign in again.", {
    headers: { "www-authenticate": 'Bearer realm="perch"' },
  });
}

/**
 * Frees a place once the answer is sent or its client is gone.
 *
 * Until Deno 2.8.2 `completed` is rejected when a client goes, and a rejection that nobody hears ends
 * the process.
 */
export function freeWhenSent(context: Context, place: Place): void {
  context.env?.completed?.then(place.free, place.free);
}

/** Lets an address ask for the past only so often, most of all for more than one picture of it. */
export function historyLimit(limits: Limits): MiddlewareHandler {
  return async function historyLimit(context, next) {
    const what = context.req.param("file") === undefined ? "many" : "one";
    const retryAfter = limits.history(addressOf(context, limits), what);
    if (retryAfter === 0) return await next();
    return problem(429, "Read the past: too many requests from this address.", { retryAfter });
  };
}

/**
 * Holds a request until a new frame of one of its cameras makes `isNews` true, a state changes where
 * there are several to be told of, `ms` have passed (looked at once a second: hundreds of timers would
 * cost more than what they are for), or the client or the edge has gone; then frees its place.
 *
 * @returns Whether what let the client in has ended meanwhile.
 */
export function hold(
  { req }: Context,
  { clock, fanOut, hub }: EdgeDeps,
  place: Place,
  cameras: readonly CameraHub[],
  isNews: () => unknown,
  ms: number,
  states = false,
): Promise<boolean> {
  const { signal } = req.raw;
  return new Promise((resolve) => {
    const end = (over: boolean) => {
      for (const cleanup of cleanups.splice(0)) cleanup();
      signal.removeEventListener("abort", done);
      place.free();
      resolve(over);
    };
    const done = () => end(false);
    const cleanups = cameras.flatMap((camera) => [
      fanOut.subscribe(camera.latest, () => isNews() && done(), done),
      states ? camera.statusChanges.onSet(done) : () => {},
    ]);
    const until = clock.monotonic() + ms;
    place.seat({
      progress: (now) => now >= until ? void done() : undefined,
      drop: (why) => end(why === "over"),
    });
    signal.addEventListener("abort", done);
    if (signal.aborted || hub.closed) done();
  });
}
