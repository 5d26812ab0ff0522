// The connection that a request came by, where a route may keep it.

import type { Context } from "hono";
import type { Line } from "../listener/line.ts";

/** The connection a request came by; undefined where the platform's own server holds it. */
export function lineOf(context: Context): Line | undefined {
  return context.env?.line;
}
