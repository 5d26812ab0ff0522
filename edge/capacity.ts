// Nobody who already watches suffers for one more: over the limit new streams are turned away.

import type { EdgeDeps } from "./deps.ts";
import { problem } from "./problem.ts";

/** Seconds after which one more try makes sense. */
const RETRY_AFTER_S = 30;

/** A 503 where this instance has as many streams and sockets as it may. */
export function atCapacity(deps: EdgeDeps): Response | undefined {
  const { hub, config, metrics } = deps;
  const connected = hub.cameras.reduce((sum, camera) => sum + camera.connected, 0);
  if (connected < config.maxViewers && !hub.closed) return undefined;
  metrics.counter("perch_viewers_refused_total", "Viewers turned away at the limit.").value++;
  const detail = `Watch: there are ${connected} viewers here, the most that are served; ` +
    "/live.jpeg still answers.";
  return problem(503, detail, { retryAfter: RETRY_AFTER_S });
}
