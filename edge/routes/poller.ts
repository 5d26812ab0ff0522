// Telling pollers apart well enough to count them.

import type { Context } from "hono";

/** The address a request came from, where the server tells. */
export function remoteAddress(context: Context): string {
  return context.env?.remoteAddr?.hostname ?? "unknown";
}

/** Who polls: address and program. Two phones behind one address are two if they differ. */
export function pollerOf(context: Context): string {
  return `${remoteAddress(context)} ${(context.req.header("user-agent") ?? "").slice(0, 200)}`;
}
