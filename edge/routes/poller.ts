// Telling pollers apart well enough to count them.

import type { Context } from "hono";
import type { Limits } from "../limits/limits.ts";

/** The address of the person behind a request, as limits count it. */
export function addressOf(context: Context, limits: Limits): string {
  const peer: string = context.env?.remoteAddr?.hostname ?? "unknown";
  return limits.address(peer, context.req.header("x-forwarded-for"));
}

/** Who polls: address and program. Two phones behind one address are two if they differ. */
export function pollerOf(context: Context, limits: Limits): string {
  return pollerBehind(addressOf(context, limits), context.req.header("user-agent"));
}

/** As `pollerOf`, from an address as limits count it and the program's name. */
export function pollerBehind(address: string, userAgent: string | undefined): string {
  return `${address} ${(userAgent ?? "").slice(0, 200)}`;
}
