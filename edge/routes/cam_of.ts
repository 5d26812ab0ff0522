// Which camera a request is about: `/cams/:cam/…`, or the default camera at the root.

import type { Context } from "hono";
import { DEFAULT_CAM, isCamId } from "../../shared/frame.ts";
import type { CameraHub } from "../camera_hub.ts";
import type { Hub } from "../hub.ts";
import { problemException } from "../problem.ts";

/** The id of the camera a request names. It may be no valid id. */
export function camOf(context: Context): string {
  return context.req.param("cam") ?? DEFAULT_CAM;
}

/** The camera a request names; 404 where nobody knows it. */
export async function cameraOf(context: Context, hub: Hub): Promise<CameraHub> {
  const cam = camOf(context);
  const found = isCamId(cam) ? hub.find(cam) : undefined;
  const camera = found instanceof Promise ? await found : found;
  if (camera) return camera;
  throw problemException(404, `No camera ${JSON.stringify(cam)} has sent a frame here yet.`);
}
