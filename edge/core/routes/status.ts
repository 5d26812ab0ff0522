// GET /status.json and GET /cams: how the cameras are.

import type { Handler } from "hono";
import { judgePublisher, tokenOf } from "../access/publishers.ts";
import type { EdgeDeps } from "../deps.ts";
import { cameraOf } from "./request.ts";
import type { ViewerPages } from "../pages/viewer.ts";

const NO_STORE = { "cache-control": "no-store" } as const;

/** One camera's state; for who may publish it also what this instance costs. */
export function getStatus(deps: EdgeDeps): Handler {
  return async function getStatus(context) {
    const camera = await cameraOf(context, deps.hub);
    const status = { now: deps.clock.now(), ...camera.status() };
    const token = tokenOf(context, deps.config.trustedProxies);
    const publisher = token !== undefined &&
      await judgePublisher(deps.config.publishTokens, token, camera.cam) === "allowed";
    return context.json(
      publisher ? { ...status, cost: deps.cost.report() } : status,
      200,
      NO_STORE,
    );
  };
}

/** Every camera's state; for browsers a page that shows them. */
export function getCams(deps: EdgeDeps, pages: ViewerPages): Handler {
  return async function getCams(context) {
    context.header("vary", "Accept");
    await deps.hub.refresh();
    const cams = deps.hub.cameras.map((camera) => camera.status());
    if ((context.req.header("accept") ?? "").includes("text/html")) {
      return pages.wall(context, cams);
    }
    return context.json({ now: deps.clock.now(), cams }, 200, NO_STORE);
  };
}
