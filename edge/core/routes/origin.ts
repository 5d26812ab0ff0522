// Scheme and host as the viewer typed them, behind a proxy that ends TLS too.

import { problemException } from "../problem.ts";

/** The part of a request that tells. */
export interface RequestOrigin {
  readonly req: { readonly url: string; header(name: string): string | undefined };
}

/**
 * The address that was asked for.
 *
 * @throws 400 where it is none: the server takes whatever `Host` says.
 */
export function urlOf({ req }: RequestOrigin): URL {
  const url = URL.parse(req.url);
  if (url) return url;
  const got = JSON.stringify(req.url.slice(0, 100));
  throw problemException(400, `Read the address: got ${got}, wanted one with a host that can be.`);
}

/**
 * For instance `https://cam.example`.
 *
 * @param trustedProxies Reverse proxies in front whose `X-Forwarded-Proto` is believed; 0 = none.
 */
export function originOf(context: RequestOrigin, trustedProxies: number): string {
  const { protocol, host } = urlOf(context);
  const sent = trustedProxies > 0 ? context.req.header("x-forwarded-proto") ?? "" : "";
  // As with addresses: what is further left than the trusted proxies is anybody's invention.
  const hops = sent.split(",").map((hop) => hop.trim());
  const hop = hops[Math.max(0, hops.length - trustedProxies)];
  return `${hop === "https" || hop === "http" ? `${hop}:` : protocol}//${host}`;
}
