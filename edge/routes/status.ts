// GET /status.json and GET /cams: how the cameras are.

import type { Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { cameraOf } from "./cam_of.ts";

const NO_STORE = { "cache-control": "no-store" } as const;

/** One camera's state. */
export function getStatus(deps: EdgeDeps): Handler {
  return async function getStatus(context) {
    const camera = await cameraOf(context, deps.hub);
    return context.json({ now: deps.clock.now(), ...camera.status() }, 200, NO_STORE);
  };
}

/** Every camera's state. */
export function getCams(deps: EdgeDeps): Handler {
  return function getCams(context) {
    const cams = deps.hub.cameras.map((camera) => camera.status());
    return context.json({ now: deps.clock.now(), cams }, 200, NO_STORE);
  };
}
