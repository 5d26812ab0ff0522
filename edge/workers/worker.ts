// In front of the object that is the edge: settings that are wrong, and public snapshots. The page's
// own files the runtime serves before anything of this runs.

import { settingsOf } from "./edge_object.ts";
import type { Bindings, WorkerContext } from "./runtime.ts";
import { snapshot, snapshotKey } from "./snapshots.ts";

export { EdgeObject } from "./edge_object.ts";

export default {
  fetch(request: Request, env: Bindings, context: WorkerContext): Response | Promise<Response> {
    const settings = settingsOf(env);
    if (!settings.ok) {
      return new Response(settings.problems.join("\n") + "\n", {
        status: 503,
        headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
      });
    }
    const edge = env.EDGE.getByName("edge");
    const key = settings.config.viewToken === undefined ? snapshotKey(request) : undefined;
    return key === undefined
      ? edge.fetch(request)
      : snapshot(key, request, (asked) => edge.fetch(asked), context);
  },
};
