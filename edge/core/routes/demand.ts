// GET /demand: a camera's long poll for the wanted interval.

import type { Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { within } from "../within.ts";
import { camOf, numberQuery, publishedCamera } from "./request.ts";

const MAX_WAIT_S = 60;

/** Answers as soon as the wanted interval differs from `?interval=`, at the latest after `?wait=`. */
export function getDemand(deps: EdgeDeps): Handler {
  return async function getDemand(context) {
    const camera = publishedCamera(camOf(context), deps.hub);
    if (camera instanceof Response) return camera;
    const known = numberQuery(context, "interval", 0, 86_400_000);
    const waitMs = (numberQuery(context, "wait", 0, MAX_WAIT_S) ?? 0) * 1000;
    const { demand } = camera;
    const hangUp = camera.contact.listen();
    await within(
      deps.clock,
      waitMs,
      async (signal) => {
        while (demand.value?.interval === known) await demand.next(demand.seq, signal);
      },
      context.req.raw.signal,
    ).finally(hangUp);
    return context.json(demand.value, 200, { "cache-control": "no-store" });
  };
}
