// Telling pollers apart well enough to count them.

import type { Context } from "hono";
import type { Limits } from "../limits/limits.ts";

/** The address of the person behind a request, as limits count it. */
export function addressOf(context: Context, limits: Limits): string {
  return limits.address(context.req.raw, context.env);
}

/** Who polls: address and program. Two phones behind one address are two if they differ. */
export function pollerOf(context: Context, limits: Limits): string {
  const userAgent = context.req.header("user-agent") ?? "";
  return `${addressOf(context, limits)} ${userAgent.slice(0, 200)}`;
}
