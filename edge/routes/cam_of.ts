// Which camera a request is about: `/cams/:cam/…`, or the default camera at the root.

import type { Context } from "hono";
import { DEFAULT_CAM, isCamId } from "../../shared/frame.ts";
import type { CameraHub } from "../camera_hub.ts";
import type { Hub } from "../hub.ts";
import { problem, problemException } from "../problem.ts";
import { MAX_CAMERAS } from "../tokens.ts";

/** The id of the camera a request names. It may be no valid id. */
export function camOf(context: Context): string {
  return context.req.param("cam") ?? DEFAULT_CAM;
}

/** The camera a request names; 404 where nobody knows it. */
export async function cameraOf(context: Context, hub: Hub): Promise<CameraHub> {
  const cam = camOf(context);
  const camera = isCamId(cam) ? await hub.find(cam) : undefined;
  if (camera) return camera;
  throw problemException(404, `No camera ${JSON.stringify(cam)} has sent a frame here yet.`);
}

/**
 * The camera that a publisher speaks for, made if new; 404 where it can have no such name, 503 where
 * nothing is taken any more: what is taken after the end would be answered and lost.
 */
export function publishedCamera(cam: string, hub: Hub): CameraHub | Response {
  if (!isCamId(cam)) {
    return problem(404, `Camera id ${JSON.stringify(cam)}: wanted 1 to 32 of a-z, 0-9 and dashes.`);
  }
  if (hub.closed) return shuttingDown();
  return hub.open(cam) ??
    problem(503, `Add camera ${cam}: there are ${MAX_CAMERAS} already, the most here.`, {
      retryAfter: 60,
    });
}

/** What is answered from the end on: another instance, or this one started again, does it. */
export function shuttingDown(): Response {
  return problem(503, "The edge is shutting down: ask again.", { retryAfter: 1 });
}
