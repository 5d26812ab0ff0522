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

/** For instance `https://cam.example`. */
export function originOf(context: RequestOrigin): string {
  const url = urlOf(context);
  const forwarded = context.req.header("x-forwarded-proto")?.split(",")[0].trim();
  const scheme = forwarded === "https" || forwarded === "http"
    ? forwarded
    : url.protocol.slice(0, -1);
  return `${scheme}://${url.host}`;
}
