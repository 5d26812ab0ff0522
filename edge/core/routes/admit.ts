// The gate as routes use it: a place to watch from, or the problem to answer with.

import type { Context } from "hono";
import { passOf } from "../access/viewers.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import type { Place } from "../limits/viewer_gate.ts";
import { refuseAtEnd } from "./request.ts";
import { problemException } from "../problem.ts";

export const NO_PLACE = [429, 503];

/** A place for a viewer. @throws 503 where the instance is full, 429 where the address is. */
export function admit(
  context: Context,
  { config, hub, limits }: EdgeDeps,
  among: "gate" | "waits" = "gate",
): Place {
  if (among === "gate") refuseAtEnd(hub);
  const place = limits[among].admit(limits.viewerAddress(context), passOf(context));
  if (typeof place !== "string") return place;
  const retry = { retryAfter: 30 };
  const most = `${config.maxViewersPerAddress} connections from one address`;
  if (place === "address") {
    throw problemException(429, `Watch: ${most} are the most that are served.`, retry);
  }
  const full = among === "waits"
    ? "Wait for a frame: too many wait already; ask without wait."
    : `Watch: there are ${config.maxViewers} viewers here, the most that are served; ` +
      "/live.jpeg still answers.";
  throw problemException(503, full, retry);
}

/**
 * Answers a viewer who gets a place with `body`, and frees it once that is sent or its client is gone;
 * a HEAD request with `headers` only. A connection that is dropped but never read hangs on in the
 * server until its client goes. @throws As `admit`.
 */
export function answerStream(
  context: Context,
  deps: EdgeDeps,
  headers: Readonly<Record<string, string>>,
  body: (place: Place) => ReadableStream<Uint8Array>,
): Response {
  if (context.req.method === "HEAD") return new Response(null, { headers });
  const place = admit(context, deps);
  // Until Deno 2.8.2 it is rejected when a client goes, and one that nobody hears ends the process.
  context.env?.completed?.then(place.free, place.free);
  return new Response(body(place), { headers });
}

/**
 * Holds a request for `waitS` seconds while `isNews` is false, or until a state changes where there are
 * several to be told of, or the client or the edge has gone. Its client counts as a viewer. The time is
 * looked at once a second: hundreds of timers would cost more than what they are for.
 *
 * @throws As `admit`, and 401 where what let the client in has ended meanwhile.
 */
export async function awaitNews(
  context: Context,
  deps: EdgeDeps,
  cameras: readonly CameraHub[],
  isNews: () => unknown,
  waitS: number,
  states = false,
): Promise<void> {
  const { clock, fanOut, hub, limits } = deps;
  const poller = limits.poller(context);
  if (waitS === 0 || isNews()) {
    for (const camera of cameras) camera.viewers.poll(poller);
    return;
  }
  const place = admit(context, deps, "waits");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = () => resolve();
  const until = clock.monotonic() + waitS * 1000;
  place.seat({
    progress: (now) => now >= until ? void done() : undefined,
    drop: (why) => why === "over" ? reject(PASS_ENDED) : resolve(),
  });
  const cleanups = [place.free];
  const onFrame = () => void (isNews() && done());
  for (const camera of cameras) {
    // Who waits watches: a camera at rest must hear of it.
    cleanups.push(camera.viewers.wait(poller));
    cleanups.push(fanOut.subscribe(camera.latest, { onFrame, onClose: done }));
    if (states) cleanups.push(camera.statusChanges.onSet(done));
  }
  // Not before: to give a request its signal costs as much as to answer it.
  const { signal } = context.req.raw;
  signal.addEventListener("abort", done);
  if (signal.aborted || hub.closed) done();
  try {
    await promise;
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

const PASS_ENDED = problemException(
  401,
  "Wait for a frame: the link or sign-in has ended: sign in again.",
  { headers: { "www-authenticate": 'Bearer realm="perch"' } },
);
