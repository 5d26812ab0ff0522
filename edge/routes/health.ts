// GET /health: 200 `ok`, or 503 with what is wrong in one line. Never counts as a viewer.

import type { Handler } from "hono";
import { accepts } from "hono/accepts";
import type { EdgeDeps } from "../deps.ts";
import { judgeHealth } from "../health.ts";

const NO_STORE = { "cache-control": "no-store" } as const;

/** Answers a health probe; with `?live` only whether the process answers. */
export function getHealth(deps: EdgeDeps): Handler {
  const { config, hub, store, lag, clock } = deps;
  const expected = [...new Set(config.publishTokens.flatMap(({ cam }) => cam ?? []))];

  return async function getHealth(context) {
    if (context.req.query("live") !== undefined) return context.text("ok\n", 200, NO_STORE);
    await hub.refresh();
    const cams = hub.cameras.map((camera) => camera.status());
    const health = judgeHealth(cams, expected, store.state, lag.worst(clock.monotonic()));
    const status = health.ok ? 200 : 503;
    const type = accepts(context, {
      header: "Accept",
      supports: ["text/plain", "application/json"],
      default: "text/plain",
    });
    return type === "application/json"
      ? context.json(config.viewToken ? health : { ...health, cams }, status, NO_STORE)
      : context.text(`${health.line}\n`, status, NO_STORE);
  };
}
