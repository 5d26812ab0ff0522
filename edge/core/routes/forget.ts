// DELETE /cams/:cam: forgets a camera that is not used any more, with its pictures.

import type { Handler } from "hono";
import { isCamId } from "../../../shared/frame.ts";
import type { EdgeDeps } from "../deps.ts";
import { problem } from "../problem.ts";
import { camOf, shuttingDown } from "./request.ts";

/** 204 once it is gone, or where there was none; one that goes on sending is there again. */
export function deleteCamera({ hub, forget, log }: EdgeDeps): Handler {
  return async function deleteCamera(context) {
    const cam = camOf(context);
    if (!isCamId(cam)) {
      return problem(404, `Forget camera ${JSON.stringify(cam)}: it is no camera id.`);
    }
    if (hub.closed) return shuttingDown();
    await forget(cam);
    log.info("a camera and its pictures are forgotten", { cam });
    return new Response(null, { status: 204 });
  };
}
